"""Sinks of a log are kept in a dict that is copied at each change, so that readers need no lock."""
import io
import sys
import threading


class Sink:
    def __init__(self, stream, level):
        self.stream, self.level = stream, level
        self.options = {"level": level, "colour": False, "prefix": "sink for %s" % level}


class Log:
    def __init__(self):
        self.lock = threading.Lock()
        self.handlers = {}
        self.serial = 0

    def add(self, stream, level):
        with self.lock:
            handlers = self.handlers.copy()
            self.serial += 1
            handlers[self.serial] = Sink(stream, level)
            self.handlers = handlers
        return self.serial

    def remove(self, number):
        with self.lock:
            handlers = self.handlers.copy()
            del handlers[number]
            self.handlers = handlers


log = Log()
log.add(sys.stderr, "error")


def run_job(number):
    trail = io.StringIO()
    log.add(trail, "info")
    log.remove(log.add(io.StringIO(), "debug"))
    trail.write("job %d " % number * 20)


number = 0


def step():
    global number
    for _ in range(60):
        number += 1
        run_job(number)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
