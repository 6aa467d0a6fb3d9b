"""The commands on a running process: what they print, how they end, and what they leave behind."""
import contextlib
import csv
import fcntl
import json
import os
import pathlib
import pty
import re
import resource
import shutil
import signal
import stat
import subprocess
import time

import pytest

from tests.e2e.targets import PROGRAM, children_of, clean_environment, holdfast, kill, target, wait_until

SHOP = """
class Quote:
    def __init__(self, number):
        self.number, self.note = number, 'a, "b"\\nc'
cache = {"sku-%d" % i: Quote(i) for i in range(500)}
"""
LEAK = """
import threading, time
cache = {}
def serve():
    number = 0
    while True:
        cache["sku-%d" % number] = [float(number)] * 20
        number += 1
        if number % 20 == 0:
            time.sleep(0.005)
threading.Thread(target=serve, daemon=True).start()
"""


@pytest.fixture
def scratch(tmp_path):
    """A private TMPDIR; it must be empty when the test is over."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    yield folder
    assert os.listdir(folder) == []


def environment(scratch, **more):
    return clean_environment(TMPDIR=str(scratch), **more)


def one_line(answer, status=3):
    """The failure said one clear line and nothing else."""
    assert answer.status == status, answer
    assert answer.stdout == ""
    lines = answer.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("holdfast: "), answer.stderr
    return lines[0]


def alive(process):
    with open("/proc/%d/stat" % process.pid) as stream:
        state = stream.read().rpartition(")")[2].split()[0]
    return process.poll() is None and state in "SRD"


@pytest.fixture
def snapshot(any_python, tmp_path, scratch):
    path = tmp_path / "shop.hfheap"
    with target(any_python, SHOP) as process:
        holdfast("snapshot", process.pid, "-o", path, environment=environment(scratch), expect=0)
    return path


def test_snapshot_is_private_and_announced(python, tmp_path, scratch):
    path = tmp_path / "a.hfheap"
    with target(python, SHOP) as process:
        answer = holdfast("snapshot", process.pid, "-o", path, "--json", tmp_path / "a.json",
                          environment=environment(scratch), expect=0)
        assert alive(process)
    assert re.search(r"holdfast: process \d+ (will stand still for about|is read)", answer.stderr)
    said = json.loads((tmp_path / "a.json").read_text())
    assert said["python"] == "%d.%d.%d" % python.version
    assert said["file_bytes"] == path.stat().st_size
    for name in ("a.hfheap", "a.json"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    told = holdfast("info", path, "--json", "-", expect=0).json
    assert told["objects"] == said["check"]["objects"] and told["pid"] == process.pid
    assert sorted(os.listdir(tmp_path)) == ["a.hfheap", "a.json", "scratch"]


def test_a_pid_is_looked_at_through_a_file_that_goes_away(any_python, scratch):
    with target(any_python, SHOP) as process:
        answer = holdfast("types", process.pid, "--type", "*.Quote", "--json", "-",
                          environment=environment(scratch), expect=0)
        assert alive(process)
    assert answer.json["matching"]["objects"] == 500


def test_a_script_that_lies_here_is_the_process_that_runs_it(any_python, tmp_path):
    """Neither a script nor a folder can be a snapshot, whatever is in the folder that one stands in."""
    script = tmp_path / "watched_shop.py"
    script.write_text(SHOP + "print('READY', flush=True)\nimport sys\nsys.stdin.read()\n")
    with target(any_python, script, bare=True):
        told = holdfast("types", script.name, "--type", "*.Quote", "--json", "-", cwd=tmp_path, expect=0).json
    assert told["matching"]["objects"] == 500
    answer = holdfast("types", script.name, cwd=tmp_path, expect=3)
    assert "'watched_shop.py' is a script, and no process that we may see runs it" in answer.stderr
    (tmp_path / "shop").mkdir()
    assert "'shop' is a folder" in holdfast("types", "shop", cwd=tmp_path, expect=3).stderr


def test_ps_shows_what_diagnose_would_take(any_python):
    with target(any_python, SHOP) as process:
        rows = holdfast("ps", "--json", "-", expect=0).json["processes"]
        text = holdfast("ps", expect=0).stdout
    row = next(row for row in rows if row["pid"] == process.pid)
    assert row["python"] == "%d.%d.%d" % any_python.version and row["rss_bytes"] > 1 << 20
    assert re.search(r"^ *%d  %s " % (process.pid, row["python"]), text, re.MULTILINE)


def test_a_name_is_found(any_python, tmp_path, scratch):
    script = tmp_path / "very_special_shop.py"
    script.write_text("import sys\nprint('READY', flush=True)\nsys.stdin.read()\n")
    with target(any_python, script):
        told = holdfast("info", "very_special_shop.py", "--json", "-",
                        environment=environment(scratch), expect=0).json
        assert script.name in told["command"]
        with target(any_python, script):
            answer = holdfast("info", "very_special_shop.py", environment=environment(scratch))
            assert "2 processes" in one_line(answer)


@pytest.mark.parametrize("command", ["info", "snapshot", "diagnose"])
def test_no_python(command, scratch):
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        line = one_line(holdfast(command, sleeper.pid, cwd=scratch, environment=environment(scratch)))
        assert str(sleeper.pid) in line and "CPython" in line
    finally:
        sleeper.kill()
        sleeper.wait()


def test_no_permission(any_python, tmp_path):
    if os.geteuid():
        pytest.skip("only root can become somebody else")
    copy = pathlib.Path("/var/tmp/holdfast-test-%d" % os.getpid())
    shutil.copy(PROGRAM, copy)
    copy.chmod(0o755)
    try:
        with target(any_python, SHOP) as process:
            done = subprocess.run([copy, "snapshot", str(process.pid)], user=65534, group=65534,
                                  cwd="/var/tmp", capture_output=True, text=True, timeout=60)
            listed = subprocess.run([copy, "ps"], user=65534, group=65534, cwd="/var/tmp",
                                    capture_output=True, text=True, timeout=60)
    finally:
        copy.unlink()
    assert done.returncode == 3 and done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and "uid" in done.stderr, done.stderr
    assert "root sees more" in listed.stdout and str(process.pid) not in listed.stdout.split()


@pytest.mark.parametrize("command", ["info", "snapshot", "summary"])
def test_a_file_that_may_not_be_read_is_told_as_that(command, scratch):
    """Also by commands that look at what it is first."""
    if os.geteuid():
        pytest.skip("only root can become somebody else")
    folder = pathlib.Path("/var/tmp/holdfast-test-%d" % os.getpid())
    folder.mkdir(mode=0o755)
    try:
        shutil.copy(PROGRAM, folder / "holdfast")
        (folder / "june").write_text("private")
        (folder / "june").chmod(0)
        done = subprocess.run([folder / "holdfast", command, "june"], user=65534, group=65534, cwd=folder,
                              capture_output=True, text=True, timeout=60)
    finally:
        shutil.rmtree(folder)
    assert (done.returncode, done.stdout) == (3, "")
    assert len(done.stderr.splitlines()) == 1 and "'june': Permission denied" in done.stderr, done.stderr


def test_read_only_folder(any_python, scratch):
    with target(any_python, SHOP) as process:
        answer = holdfast("snapshot", process.pid, "-o", "/proc/self/a.hfheap", environment=environment(scratch))
    assert "/proc/self" in one_line(answer)


@pytest.mark.parametrize("room", [0, 4096, 1 << 16])
def test_no_room(any_python, tmp_path, scratch, room):
    """A file that may not grow stands for a disk that is full."""
    with target(any_python, SHOP) as process:
        done = subprocess.run(
            [PROGRAM, "snapshot", str(process.pid), "-o", str(tmp_path / "a.hfheap")],
            env=environment(scratch), capture_output=True, text=True, timeout=60,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)))
        assert alive(process)
    assert done.returncode == 3, done
    assert done.stderr.splitlines()[-1].startswith("holdfast: ") and done.stdout == ""
    assert os.listdir(tmp_path) == ["scratch"]


def test_full_output(snapshot):
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "types", snapshot], stdout=full, stderr=subprocess.PIPE,
                              text=True, timeout=60)
    assert done.returncode == 3 and "holdfast: cannot write the output" in done.stderr


def test_a_reader_that_has_seen_enough(snapshot):
    done = subprocess.run(["sh", "-c", "{ '%s' objects '%s' --top 100000; echo $? >&2; } | head -n 1"
                           % (PROGRAM, snapshot)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60)
    assert done.stdout.startswith(b"ADDRESS") and done.stdout.count(b"\n") == 1
    assert done.stderr == b"0\n"


def test_closed_streams(any_python, tmp_path, scratch):
    """Nothing that we say may land in a file of ours."""
    path = tmp_path / "heap"
    command = "exec '%s' snapshot %d -o '%s' 0<&- %s"
    with target(any_python, SHOP) as process:
        for closed, status in (("2>&-", 0), ("1>&-", 3), ("1>&- 2>&-", 3)):
            done = subprocess.run(["sh", "-c", command % (PROGRAM, process.pid, path, closed)],
                                  env=environment(scratch), stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, timeout=60)
            assert done.returncode == status, closed
            holdfast("info", path, expect=0)


def test_json_does_not_follow_links(snapshot, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "out.json").symlink_to(victim)
    answer = holdfast("info", snapshot, "--json", tmp_path / "out.json")
    assert "no regular file" in one_line(answer) and victim.read_text() == "precious"


def test_where_columns_have_no_room_a_file_does(any_python, scratch):
    """They want six times the target's memory as address space, which a limit may forbid."""
    program = "large = b'x' * 200_000_000\n" + SHOP
    limited = 'ulimit -v 600000; exec "$@"'
    with target(any_python, program) as process:
        command = [PROGRAM, "types", str(process.pid), "--max-pause", "5s", "-n", "50"]
        rows = [subprocess.run(words, env=environment(scratch), stdout=subprocess.PIPE, check=True, timeout=120).stdout
                for words in (command, ["sh", "-c", limited, "sh"] + command)]
    assert b"Quote" in rows[0] and rows[0] == rows[1]


LISTENERS = """
import threading, time
kept = [object() for _ in range(%d)]
handlers = []
class Listener:
    def called(self): pass
def subscribe(handler):
    handlers.append(handler)
def grow():
    while True:
        for _ in range(20): subscribe(Listener().called)
        time.sleep(0.02)
threading.Thread(target=grow, daemon=True).start()
"""


@pytest.mark.parametrize("objects, every, looks, ends", [(0, 2, 20, True), (800_000, 1, 6, False)])
def test_judging_before_the_end_must_be_worth_it(any_python, scratch, objects, every, looks, ends):
    """What may save some seconds of waiting must not cost as much as another look at a large heap."""
    with target(any_python, LISTENERS % objects) as process:
        told = holdfast("diagnose", process.pid, "--for", "%ds" % (looks * every), "--every", "%ds" % every,
                        "--json", "-", environment=environment(scratch), expect=1).json
    assert ("proved the same culprit" in (told["note"] or "")) == ends, told["note"]
    assert (len(told["snapshots"]) <= looks) == ends


@pytest.mark.parametrize("options, looks", [((), 3), (("--every", "2s"), 4)])
@pytest.mark.parametrize("tree", [(), ("--tree",)], ids=["alone", "tree"])
def test_of_a_large_heap_three_looks_are_enough(any_python, scratch, options, looks, tree):
    """Each costs seconds of processor time there; whoever asks for more gets more."""
    with target(any_python, LISTENERS % 2_100_000) as process:
        answer = holdfast("diagnose", process.pid, "--for", "6s", *options, *tree, "--json", "-",
                          environment=environment(scratch), expect=1)
    counts = [row["snapshots"] for row in answer.json["processes"]] if tree else [len(answer.json["snapshots"])]
    assert counts == [looks]
    assert ("million objects: 3 snapshots are enough" in answer.stderr) == (looks == 3), answer.stderr
    assert "handlers" in answer.json["suspects"][0]["path"]


@contextlib.contextmanager
def watching(process, scratch, keep, *arguments):
    """`diagnose` at work on a process, in a session of its own."""
    tool = subprocess.Popen([PROGRAM, "diagnose", str(process.pid), "--keep", str(keep), *arguments],
                            env=environment(scratch), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            restore_signals=True, start_new_session=True)
    try:
        yield tool
    finally:
        kill(tool)


def wait_for_looks(keep, count):
    wait_until(lambda: keep.exists() and len(list(keep.glob("*.hfheap"))) >= count, 60, "%d looks" % count)


@pytest.mark.parametrize("looks", [1, 2])
def test_the_target_ends_in_the_middle(any_python, tmp_path, scratch, looks):
    """With two snapshots taken there is an answer; with fewer there is an error."""
    keep = tmp_path / "keep"
    with target(any_python, LEAK) as process:
        every = "1s" if looks > 1 else "10m"
        with watching(process, scratch, keep, "--for", "60s", "--every", every, "--json", "-") as tool:
            wait_for_looks(keep, looks)
            process.kill()
            output, errors = tool.communicate(timeout=20) # it does not wait until it would look again
    if looks == 1:
        assert tool.returncode == 3 and output == ""
        assert errors.splitlines()[-1].startswith("holdfast: ")
    else:
        assert "the process ended" in json.loads(output)["note"]
        assert len(json.loads(output)["snapshots"]) == len(list(keep.glob("*.hfheap"))) >= 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("moment", ["begins", "works", "watches"])
def test_interrupted(any_python, tmp_path, scratch, number, moment):
    keep = tmp_path / "keep"
    with target(any_python, SHOP) as process:
        with watching(process, scratch, keep, "--for", "20s") as tool:
            if moment == "works":
                wait_until(lambda: keep.exists() and os.listdir(keep), 30, "a private folder")
            elif moment == "watches":
                wait_for_looks(keep, 1)
            tool.send_signal(number)
            output, _ = tool.communicate(timeout=30)
        ended = tool.returncode == -number and output == ""
        reported = number == signal.SIGINT and "note: interrupted after" in output
        assert ended or reported, (tool.returncode, output)
        wait_until(lambda: not children_of(process.pid), what="no copy of the target is left")
        assert alive(process)
    left = os.listdir(keep) if keep.exists() else []
    assert not [name for name in left if name.startswith(".")]


def resident(process):
    with open("/proc/%d/statm" % process.pid) as stream:
        return int(stream.read().split()[1]) * resource.getpagesize()


def test_an_interrupt_while_it_watches_gives_the_report(any_python, tmp_path, scratch):
    keep = tmp_path / "keep"
    with target(any_python, LEAK) as process:
        with watching(process, scratch, keep, "--for", "1h") as tool:
            wait_for_looks(keep, 1)
            before = resident(process)
            wait_until(lambda: resident(process) > before + (1 << 20), 60, "growth")
            tool.send_signal(signal.SIGINT)
            time.sleep(0.01)
            tool.send_signal(signal.SIGINT) # timeout(1) sends two for one
            output, _ = tool.communicate(timeout=30)
    assert "note: interrupted after" in output and "cache" in output
    assert tool.returncode in (1, 4)


def test_diagnose_a_leak(python_minor, tmp_path, scratch):
    with target(python_minor, LEAK) as process:
        answer = holdfast("diagnose", process.pid, "--for", "4s", "--json", tmp_path / "d.json",
                          "--keep", tmp_path / "kept", environment=environment(scratch), expect=1)
        assert alive(process)
    assert answer.stdout.startswith("LEAK ") and "cache" in answer.stdout
    assert re.search(r"\d snapshots planned over 4\.0 s, .* in all", answer.stderr)
    said = json.loads((tmp_path / "d.json").read_text())
    assert "cache" in said["suspects"][0]["path"] and said["suspects"][0]["grown_bytes"] > 0
    kept = sorted((tmp_path / "kept").iterdir())
    assert len(kept) == len(said["snapshots"]) >= 3
    again = holdfast("diagnose", *kept, "--json", "-", expect=1).json
    assert again["suspects"][0]["path"] == said["suspects"][0]["path"]


CACHED = """
import functools, threading, time
@functools.lru_cache(maxsize=None)
def price(number):
    return [float(number)] * 20
def serve():
    for number in range(10**9):
        price(number)
        if number % 20 == 0:
            time.sleep(0.005)
threading.Thread(target=serve, daemon=True).start()
"""


def test_a_container_and_the_table_in_it_grow_in_one_line(python_minor, scratch):
    with target(python_minor, CACHED) as process:
        answer = holdfast("diagnose", process.pid, "--for", "4s", environment=environment(scratch), expect=1)
    grown = answer.stdout.split("WHAT GROWS")[1].split(" TYPE\n")[0]
    assert len(re.findall(r"\bprice\b", grown)) == 1, grown


BESIDE = """
import threading, time
notes, text = [], b""
def serve():
    global text
    while True:
        text = bytes(len(text) + 200000)
        notes.append(None)
        time.sleep(0.05)
threading.Thread(target=serve, daemon=True).start()
"""


def test_what_explains_nothing_of_the_growth_is_no_line(python_minor, scratch):
    with target(python_minor, BESIDE) as process:
        answer = holdfast("diagnose", process.pid, "--for", "4s", environment=environment(scratch))
    assert "WHAT GROWS" in answer.stdout and "bytes" in answer.stdout.split("WHAT GROWS")[1]
    assert "module __main__.notes" not in answer.stdout


def test_diagnose_a_healthy_process(any_python, scratch):
    with target(any_python, SHOP) as process:
        answer = holdfast("diagnose", process.pid, "--for", "2s", environment=environment(scratch))
    assert answer.status in (0, 4) and not answer.stdout.startswith("LEAK")


def test_a_live_read_stops_nothing_and_says_so(any_python, tmp_path, scratch):
    with target(any_python, SHOP) as process:
        answer = holdfast("diagnose", process.pid, "--for", "1s", "--live", "--keep", tmp_path / "kept",
                          environment=environment(scratch))
    assert "it did not stand still" in answer.stdout
    first = sorted((tmp_path / "kept").iterdir())[0]
    assert re.search(r"pause +none\n", holdfast("info", first, expect=0).stdout)


def test_workers_are_pointed_at(any_python, scratch):
    """Of a server that forks one finds the parent first, and its workers leak."""
    program = SHOP + """
import os, time
if not os.fork():
    time.sleep(60)
    os._exit(0)
ready()
"""
    with target(any_python, program) as process:
        worker, = children_of(process.pid)
        answer = holdfast("diagnose", process.pid, "--for", "1s", "--json", "-",
                          environment=environment(scratch))
        os.kill(worker, signal.SIGKILL)
    assert answer.json["note"] == "its child runs Python too and was not looked at: %d; --tree looks at "\
                                    "all of them" % worker


def test_text_and_json_agree(snapshot):
    for arguments in (["types"], ["types", "--by-module"], ["types", "--type", "dict"]):
        text = holdfast(arguments[0], snapshot, *arguments[1:], expect=0).stdout
        told = holdfast(arguments[0], snapshot, *arguments[1:], "--json", "-", expect=0).json
        last = text.splitlines()[-1].split()
        assert int(last[0].replace(",", "")) == told["all"]["objects"]
        rows = told.get("types") or told["modules"]
        assert int(text.splitlines()[1].split()[0].replace(",", "")) == rows[0]["objects"]
    everything = holdfast("types", snapshot, "--top", "100000", "--json", "-", expect=0).json
    for member in ("objects", "bytes", "size", "block", "external"):
        assert sum(row[member] for row in everything["types"]) == everything["all"][member]
    assert everything["all"]["objects"] == holdfast("info", snapshot, "--json", "-").json["objects"]


@pytest.mark.parametrize("arguments", [
    ["info"], ["types"], ["objects"], ["path", "--type", "*.Quote"], ["retained"],
    ["retained", "--tree", "3"], ["diagnose"]], ids=" ".join)
def test_json_is_json(snapshot, tmp_path, arguments):
    alone = holdfast(arguments[0], snapshot, *arguments[1:], "--json", "-")
    beside = holdfast(arguments[0], snapshot, *arguments[1:], "--json", tmp_path / "out.json")
    assert alone.json == json.loads((tmp_path / "out.json").read_text())
    assert beside.stdout and alone.status == beside.status


def test_csv_is_read_back(snapshot, tmp_path):
    holdfast("export", snapshot, "--format", "csv", "-o", tmp_path / "out", expect=0)
    info = holdfast("info", snapshot, "--json", "-").json
    with open(tmp_path / "out" / "objects.csv", newline="", encoding="utf-8") as stream:
        objects = list(csv.DictReader(stream, strict=True))
    with open(tmp_path / "out" / "refs.csv", newline="", encoding="utf-8") as stream:
        references = list(csv.DictReader(stream, strict=True))
    assert list(objects[0]) == ["address", "type", "size", "block", "external", "refcount", "flags", "value"]
    assert list(references[0]) == ["source", "target", "label", "kind"]
    assert len(objects) == info["objects"] and len(references) == info["references"]
    addresses = {row["address"] for row in objects}
    assert len(addresses) == len(objects) and all(a.startswith("0x") for a in addresses)
    assert all(row["source"] in addresses and row["target"] in addresses for row in references)
    values = {row["value"] for row in objects if row["type"] == "str"}
    assert 'a, "b"\nc' in values and "sku-17" in values
    labels = {(row["label"], row["kind"]) for row in references}
    assert ("sku-17", "value") in labels
    assert labels & {("number", "attribute"), ("number", "value")} # up to 3.10 each instance has a dict
    kinds = {kind.rpartition(":")[2] for _, kind in labels}
    assert kinds <= {"field", "attribute", "key", "value", "index", "member", "local", "stack",
                     "cell", "offset"}
    for name in ("objects.csv", "refs.csv"):
        assert stat.S_IMODE((tmp_path / "out" / name).stat().st_mode) == 0o600


def test_no_values(python_minor, tmp_path, scratch):
    path = tmp_path / "secret.hfheap"
    program = """
import json
class Account:
    pass
vault = {'key-of-the-vault': ['password-of-the-vault']}
account = Account()
account.__dict__.update(json.loads('{"owner_of_the_vault": 1}'))  # data made this name, not source
"""
    with target(python_minor, program) as process:
        holdfast("snapshot", process.pid, "-o", path, "--no-values", environment=environment(scratch), expect=0)
        seen = holdfast("objects", process.pid, "--type", "str", "--top", "100000", "--no-values",
                        environment=environment(scratch), expect=0).stdout
    listed = holdfast("objects", path, "--type", "str", "--top", "100000", "--json", "-", expect=0).stdout
    holdfast("export", path, "--format", "csv", "-o", tmp_path / "out", expect=0)
    exported = (tmp_path / "out" / "objects.csv").read_text() + (tmp_path / "out" / "refs.csv").read_text()
    for text in (seen, listed, exported):
        assert "of-the-vault" not in text and "of_the_vault" not in text
    held = holdfast("objects", path, "--type", "dict", "--top", "100000", expect=0).stdout
    assert "module __main__.vault" in held, "names in source code are no secrets: %s" % held


def is_locked(folder):
    """Whether a run that lives holds it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)


def test_a_killed_run_is_cleaned_up_by_the_next(any_python, scratch):
    with target(any_python, LEAK) as process:
        running = subprocess.Popen([PROGRAM, "diagnose", str(process.pid), "--for", "60s"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env=environment(scratch))
        wait_until(lambda: any(is_locked(folder) for folder in scratch.iterdir()), 30, "a private folder")
        other = scratch / ".holdfast-abcdef"  # somebody else's mode: not ours to remove
        other.mkdir(mode=0o755)
        left = {path.name for path in scratch.iterdir()} - {other.name}
        holdfast("types", process.pid, environment=environment(scratch), expect=0)
        assert left <= {path.name for path in scratch.iterdir()}, "it took the folder of a run that lives"
        running.kill()
        running.wait()
        holdfast("types", process.pid, environment=environment(scratch), expect=0)
        assert [path.name for path in scratch.iterdir()] == [other.name]
        other.rmdir()


def on_terminal(arguments, environment):
    """What the program writes to a terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=follower,
                               stderr=follower, env=environment, close_fds=True)
    os.close(follower)
    said = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:
            break
        if not chunk:
            break
        said += chunk
    os.close(leader)
    process.wait(30)
    return said.decode()


def test_colour_only_on_a_terminal(snapshot, scratch):
    plain = environment(scratch, TERM="xterm")
    plain.pop("NO_COLOR", None)
    assert "\033[" in on_terminal(["types", snapshot], plain)
    assert "\033[" not in on_terminal(["types", snapshot], dict(plain, NO_COLOR="1"))
    assert "\033" not in holdfast("types", snapshot, environment=plain, expect=0).stdout


def test_progress_only_on_a_terminal(any_python, scratch):
    with target(any_python, SHOP) as process:
        shown = on_terminal(["diagnose", process.pid, "--for", "3s"], environment(scratch, TERM="xterm"))
        piped = holdfast("diagnose", process.pid, "--for", "3s", environment=environment(scratch))
    assert re.search(r"watching \(Ctrl-C: report\) +\[#+\.*\] +\d+ %", shown)
    assert "\r" not in piped.stderr and "[" not in piped.stderr.replace("[shop]", "")


def test_every_command_has_a_manual_and_help(tmp_path):
    manual = tmp_path / "manual"
    manual.mkdir()
    subprocess.run([PROGRAM, "--write-manual", manual], check=True)
    overview = holdfast("--help", expect=0).stdout
    commands = re.findall(r"^  ([a-z-]+) {2,}", overview, re.MULTILINE)
    assert {"holdfast-%s.1" % command for command in commands} == {
        page.name for page in manual.glob("holdfast-*.1")}
    for command in commands:
        page = (manual / ("holdfast-%s.1" % command)).read_text()
        assert ".SH EXAMPLES" in page and ".SH EXIT STATUS" in page
        shown = holdfast(command, "--help", expect=0).stdout
        for option in re.findall(r"--([a-z-]+)", shown.partition("Options")[2].partition("Examples")[0]):
            assert option.replace("-", "\\-") in page
    subprocess.run(["bash", "-n", manual / "holdfast.bash"], check=True)


def test_exceptions_without_a_traceback_contradict_no_layout(python_minor):
    """Up to 3.11 None is what they have then, in place of nothing: of each exception here, as in a program that imports pathspec."""
    program = """
import asyncio
errors = [ValueError(n).with_traceback(None) for n in range(50)]
loop = asyncio.new_event_loop()
futures = [loop.create_future() for _ in range(50)]
for future, error in zip(futures, errors): future.set_exception(error)
"""
    with target(python_minor, program) as process:
        answer = holdfast("types", process.pid, "--type", "*ValueError", "--json", "-", expect=0)
    assert answer.json["matching"]["objects"] == 50
