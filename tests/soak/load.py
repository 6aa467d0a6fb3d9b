"""A service under load, looked at once a second: what it costs, and that nothing is lost.

service    gunicorn with four threads, and wrk, on loopback
queue      a worker that takes its jobs from a Redis

Each runs half of the time unobserved and half of it observed, in slices that take turns, so that
what else the machine does falls on both alike. Latencies are in milliseconds."""
import contextlib
import json
import pathlib
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

from tests.e2e.targets import PROGRAM, children_of, clean_environment, kill, wait_until

PYTHON = "/usr/bin/python3"
SLICE = 15 # seconds
RATE = 300 # jobs a second

APPLICATION = """
import json
cache = {}
prices = {"sku-%d" % i: {"price": i, "tags": [str(j) for j in range(5)]} for i in range(20000)}
def application(environ, start_response):
    number = len(cache) % 5000
    cache[number] = json.dumps({"lines": [prices["sku-%d" % ((number * 7 + i) % 20000)] for i in range(40)]})
    body = cache[number].encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
"""

REPORT = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('\\nREPORT {"requests": %d, "errors": %d, "p50": %.2f, "p95": %.2f, "p99": %.2f, "max": %.2f}\\n',
    summary.requests, e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50) / 1000,
    latency:percentile(95) / 1000, latency:percentile(99) / 1000, latency.max / 1000))
end
"""

WORKER = """
import hashlib, json, os, redis, sys, time
server = redis.Redis(unix_socket_path=sys.argv[1])
keep = {}
print("READY", flush=True)
while True:
    job = server.brpoplpush("jobs", "busy")
    if job == b"end":
        break
    what = json.loads(job)
    keep[what["number"] % 20000] = hashlib.sha256(job * 50).hexdigest()
    with server.pipeline(transaction=True) as all:
        all.hincrby("done", what["number"], 1)
        all.rpush("latency", "%.6f" % (time.monotonic() - what["at"]))
        all.lrem("busy", 1, job)
        all.execute()
"""


def missing(part):
    """Why a part cannot be had here, or None."""
    for name in {"service": ("gunicorn", "wrk"), "queue": ("redis-server",)}[part]:
        if not shutil.which(name):
            return "%s is not installed (tools/install_dependencies soak)" % name
    if part == "queue" and subprocess.run([PYTHON, "-c", "import redis"], stderr=subprocess.DEVNULL,
                                          check=False).returncode:
        return "python3-redis is not installed (tools/install_dependencies soak)"
    return None


@contextlib.contextmanager
def running(command, folder):
    with open(pathlib.Path(folder) / "log", "ab") as log:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                                   env=clean_environment())
    try:
        yield process
    finally:
        process.terminate() # a server ends its own children
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        kill(process)


class Watcher(threading.Thread):
    """Takes a snapshot of a process every second until it is told to stop."""

    def __init__(self, pid, folder):
        super().__init__()
        self.pid, self.path, self.ending = pid, str(pathlib.Path(folder) / "heap"), threading.Event()
        self.ways, self.pauses, self.failed = {}, [], []

    def run(self):
        try:
            self.watch()
        except Exception as error: # for whoever waits for this thread
            self.failed.append(repr(error))

    def watch(self):
        while not self.ending.is_set():
            began = time.monotonic()
            done = subprocess.run([PROGRAM, "snapshot", str(self.pid), "-o", self.path, "--json", "-"],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            pathlib.Path(self.path).unlink(missing_ok=True)
            if done.returncode:
                self.failed.append(done.stderr.decode())
            else:
                told = json.loads(done.stdout)
                self.pauses.append(told["pause_ms"])
                self.ways[told["way"]] = self.ways.get(told["way"], 0) + 1
            self.ending.wait(max(0, 1 - (time.monotonic() - began)))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *unused):
        self.ending.set()
        self.join()


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0


def measured(latencies, lost):
    return {"requests": len(latencies), "errors": lost, "p50": percentile(latencies, 0.5),
            "p95": percentile(latencies, 0.95), "p99": percentile(latencies, 0.99), "max": max(latencies, default=0)}


@contextlib.contextmanager
def service(folder):
    """Yields the worker's pid and a function that loads it for some seconds and tells how it went."""
    folder = pathlib.Path(folder)
    (folder / "shop.py").write_text(APPLICATION)
    (folder / "report.lua").write_text(REPORT)
    where = folder / "port"
    (folder / "conf.py").write_text("def when_ready(server):\n    open(%r, 'w').write(str(server.LISTENERS[0]"
                                    ".sock.getsockname()[1]) + '\\n')\n" % str(where))
    command = ["gunicorn", "--workers", "1", "--threads", "4", "--bind", "127.0.0.1:0", "--config", "conf.py",
               "--worker-tmp-dir", str(folder), "shop:application"]
    with running(command, folder) as process:
        wait_until(lambda: where.exists() and where.read_text().endswith("\n"), 60, "it listens")
        wait_until(lambda: children_of(process.pid), 60, "a worker")
        worker, url = children_of(process.pid)[0], "http://127.0.0.1:%s/" % where.read_text().strip()

        def load(seconds):
            done = subprocess.run(["wrk", "-t1", "-c8", "-d%ds" % seconds, "--timeout", "30s", "-s",
                                   str(folder / "report.lua"), url], stdout=subprocess.PIPE, check=True)
            told = [line for line in done.stdout.decode().splitlines() if line.startswith("REPORT ")]
            return json.loads(told[0][7:])

        yield worker, load
        assert children_of(process.pid) == [worker], "the worker was replaced"


@contextlib.contextmanager
def queue(folder):
    folder = pathlib.Path(folder)
    path = str(folder / "redis")
    command = ["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--appendonly", "no"]
    with running(command, folder), running([PYTHON, "-c", WORKER, path], folder) as worker:
        assert select.select([worker.stdout], [], [], 60)[0] and worker.stdout.readline() == b"READY\n"
        number = 0

        def load(seconds):
            nonlocal number
            first, end = number, time.monotonic() + seconds
            with Redis(path) as server:
                while time.monotonic() < end:
                    for _ in range(RATE // 50):
                        server.ask("LPUSH", "jobs", json.dumps({"number": number, "at": time.monotonic()}))
                        number += 1
                    time.sleep(0.02)
                wait_until(lambda: server.ask("LLEN", "jobs") == 0 and server.ask("LLEN", "busy") == 0, 60,
                           "all jobs are done")
                done = server.ask("HVALS", "done")
                latencies = [float(x) * 1000 for x in server.ask("LRANGE", "latency", "0", "-1")]
                server.ask("DEL", "latency")
                server.ask("DEL", "done")
            lost = (number - first) - done.count(b"1") + sum(count != b"1" for count in done)
            return measured(latencies, lost)

        yield worker.pid, load
        with Redis(path) as server:
            server.ask("LPUSH", "jobs", "end")
        assert worker.wait(30) == 0


class Redis:
    """As much of its protocol as is needed here, so that the test's own Python needs no library."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.stream = self.socket.makefile("rwb")

    def ask(self, *words):
        self.stream.write(b"*%d\r\n" % len(words))
        for word in words:
            self.stream.write(b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()))
        self.stream.flush()
        return self.answer()

    def answer(self):
        kind, line = (lambda l: (l[:1], l[1:-2]))(self.stream.readline())
        if kind == b"$":
            return self.stream.read(int(line) + 2)[:-2]
        if kind == b"*":
            return [self.answer() for _ in range(int(line))]
        assert kind in b":+", line
        return int(line) if kind == b":" else line

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stream.close()
        self.socket.close()


def slices(part, folder, seconds, each):
    """Loads it for so many seconds unobserved and as many observed, by turns; yields how it went."""
    with {"service": service, "queue": queue}[part](folder) as (pid, load):
        load(1) # warm
        for number in range(2 * max(1, round(seconds / each))):
            if number % 2 == 0:
                yield "alone", load(each), None
            else:
                with Watcher(pid, folder) as watcher:
                    told = load(each)
                yield "looked at", told, watcher


def run(state, part, minutes):
    why = missing(part)
    if why:
        print("%s: %s" % (part, why), file=sys.stderr)
        return False
    done = state.of(part, "looked at")
    left = minutes * 60 - SLICE * len(done.get("slices", []))
    if left <= 0:
        return well(state.data[part])
    try:
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            for name, told, watcher in slices(part, folder, left, SLICE):
                entry = state.of(part, name)
                entry.setdefault("slices", []).append(told)
                if watcher:
                    entry.setdefault("pauses", []).extend(watcher.pauses)
                    entry.setdefault("failed", []).extend(watcher.failed)
                    ways = entry.setdefault("ways", {})
                    for way, count in watcher.ways.items():
                        ways[way] = ways.get(way, 0) + count
                state.save()
                print("%s %s: %s" % (part, name, told), file=sys.stderr, flush=True)
    except Exception:
        traceback.print_exc()
        state.of(part, "looked at")["broken"] = True
        state.save()
    return well(state.data[part])


def well(data):
    return not any(told["errors"] for entry in data.values() for told in entry.get("slices", [])) \
        and not data["looked at"].get("broken") and not data["looked at"].get("failed")


def rows(data):
    lines = [("", "seconds", "done", "lost", "p50 ms", "p95 ms", "p99 ms", "max ms", "snapshots", "pause p50", "max")]
    for name in ("alone", "looked at"):
        entry = data.get(name, {})
        found = entry.get("slices", [])
        if not found:
            continue
        median = ["%.1f" % percentile([told[key] for told in found], 0.5) for key in ("p50", "p95", "p99")]
        pauses = entry.get("pauses", [])
        lines.append((name, SLICE * len(found), sum(told["requests"] for told in found),
                      sum(told["errors"] for told in found), *median, "%.1f" % max(told["max"] for told in found),
                      len(pauses) or "", "%.1f" % percentile(pauses, 0.5) if pauses else "",
                      "%.1f" % max(pauses) if pauses else ""))
    return lines
