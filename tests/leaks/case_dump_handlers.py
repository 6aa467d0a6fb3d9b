"""Each worker handles a signal and calls the handler before."""
import collections
import signal
import sys


class Dumper:
    def __init__(self, worker):
        self.worker = worker
        self.state = [{"task": n, "worker": worker} for n in range(8)]
        self.previous = None

    def install(self):
        self.previous = signal.signal(signal.SIGUSR1, self.on_dump)

    def on_dump(self, number, frame):
        print(self.worker, self.state, file=sys.stderr)
        if callable(self.previous):
            self.previous(number, frame)


done = collections.deque(maxlen=40)


def run_worker(number):
    dumper = Dumper("worker-%d" % number)
    dumper.install()
    done.append(len(dumper.state))


numbers = iter(range(10 ** 9))


def work():
    for _ in range(200):
        run_worker(next(numbers))


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        work()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
