import atexit
import os


class Tracer:
    def __init__(self):
        self.spans = []
        atexit.register(self.flush)  # found

    def flush(self):
        self.spans.clear()


def handle(requests):
    for request in requests:
        Tracer().trace(request)


class Once:
    def __init__(self):
        atexit.register(self.close)

    def close(self):
        pass


once = Once()


class Guarded:
    registered = False

    def __init__(self):
        if not self.registered:
            atexit.register(self.close)

    def close(self):
        pass


def make(requests):
    for request in requests:
        Guarded()


def remove_later(paths):
    for path in paths:
        atexit.register(os.unlink, path)


def main():
    atexit.register(lambda: print("bye"))


class Waiter:
    started = False

    def start(self):
        if self.started:
            return
        self.started = True
        atexit.register(self.stop)

    def stop(self):
        pass


def wait_for(events):
    while True:
        events.subscribe(Waiter().start)
