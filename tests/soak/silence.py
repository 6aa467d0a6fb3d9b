"""Example services of our own making under load, diagnosed again and again: whom does the tool accuse?

django    a shop: sessions, cache, templates, forms, uploads, a database in a file (gunicorn, four threads)
fastapi   quotes: models, dependencies, background tasks, streams, caches with bounds (uvicorn)
celery    jobs with results, retries, failures and chains (a worker with four threads, a broker in a folder)

None of them leaks. Each is looked at for a minute, then again, until the time is over; every accusation is
kept with its path, and a person is to agree with it or to mend a rule."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from tests import libraries, pythons
from tests.e2e.targets import PROGRAM, children_of, clean_environment, wait_until

SERVICES = ("django", "fastapi", "celery")
HERE = pathlib.Path(__file__).resolve().parent / "services"
WARM_UP, WATCHED = 30, 60  # seconds
ACCUSED = 1  # exit status of diagnose


def interpreter():
    return next((p for p in pythons.interpreters() if p.minor == libraries.MINOR and not p.debug), None)


def missing():
    """Why the services cannot be had here, or None."""
    if not interpreter():
        return "CPython %s, for which the libraries are, is not here" % libraries.MINOR
    try:
        libraries.folder("services")
    except libraries.NotInstalled as error:
        return str(error)
    return None


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def command_of(name, port):
    python = interpreter().path
    return {"django": [python, "-m", "gunicorn", "--workers", "1", "--threads", "4", "--bind", "127.0.0.1:%d" % port,
                       "django_shop:application"],
            "fastapi": [python, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning",
                        "fastapi_quotes:app"],
            "celery": [python, HERE / "celery_jobs.py"]}[name]


@contextlib.contextmanager
def running(name, folder):
    """Yields the pid of the process that works, and its load."""
    port, log = free_port(), open(pathlib.Path(folder) / "log", "ab")
    environment = dict(clean_environment(), SHOP_FOLDER=folder,
                       PYTHONPATH=os.pathsep.join((str(HERE), str(libraries.folder("services")))))
    server = subprocess.Popen(command_of(name, port), cwd=folder, env=environment, stdout=log, stderr=log)
    load = None
    try:
        if name == "celery":
            url = folder
            time.sleep(5)
        else:
            url = "http://127.0.0.1:%d" % port
            wait_until(lambda: answers(url), 120, "it answers")
        load = subprocess.Popen([interpreter().path, HERE / "load.py", url, name], cwd=folder, env=environment,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        yield (children_of(server.pid)[0] if name == "django" else server.pid), load
        assert server.poll() is None, "the service has ended"
    finally:
        for process in (load, server):
            if process and process.poll() is None:
                process.send_signal(signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(20)
                process.kill()
                process.wait()
        log.close()


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


def rss(pid):
    for line in pathlib.Path("/proc/%d/status" % pid).read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def look(pid, done, seconds):
    out = subprocess.run([PROGRAM, "diagnose", str(pid), "--for", "%ds" % seconds, "--json", "-"],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=seconds + 600)
    if not out.stdout:
        raise RuntimeError("diagnose: " + out.stderr.decode()[-200:])
    answer = json.loads(out.stdout)
    verdicts = done.setdefault("verdicts", {})
    verdicts[answer["verdict"]] = verdicts.get(answer["verdict"], 0) + 1
    if out.returncode == ACCUSED:
        first = next(s for s in answer["suspects"] if s["leak"])
        done.setdefault("accused", []).append({key: first[key] for key in (
            "path", "pattern", "type", "evidence", "bytes_per_second", "known")})


def run(state, name, minutes):
    """Until it was watched for so many minutes in all."""
    why = missing()
    if why:
        print("%s: left out: %s" % (name, why), file=sys.stderr)
        return False
    done = state.of("silence", name)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        if done.get("seconds", 0) < minutes * 60:
            with running(name, folder) as (pid, load):
                time.sleep(WARM_UP)
                done["rss_first"] = rss(pid)
                while done.get("seconds", 0) < minutes * 60:
                    seconds = min(WATCHED, max(10, minutes * 60 - done.get("seconds", 0)))
                    look(pid, done, int(seconds))
                    done["seconds"] = done.get("seconds", 0) + int(seconds)
                    done["rss_last"] = rss(pid)
                    state.save()
                    print("%s: %d of %d s, %s" % (name, done["seconds"], minutes * 60, done["verdicts"]),
                          file=sys.stderr, flush=True)
                said, _ = load.communicate(b"")
                counts = json.loads(said)
                for key, count in counts.items():
                    done[key] = done.get(key, 0) + count
                state.save()
    return not done.get("accused") and not done.get("errors")


def rows(data):
    lines = [("service", "watched s", "requests", "errors", "no leak", "too early", "accused", "RSS MB")]
    for name, done in sorted(data.items()):
        verdicts = done.get("verdicts", {})
        lines.append((name, done.get("seconds", 0), done.get("requests", 0), done.get("errors", 0),
                      verdicts.get("no-leak", 0), verdicts.get("too-early", 0), verdicts.get("suspects", 0),
                      "%.1f -> %.1f" % (done.get("rss_first", 0) / 1e6, done.get("rss_last", 0) / 1e6)))
    return lines
