"""A poller that reports why it fails, with the history as cause."""
import sys


class PollError(Exception):
    def __init__(self, message, details):
        super().__init__(message)
        self.details = details


class Poller:
    def __init__(self, device):
        self.device = device
        self.last_error = None
        self.status = {}

    def poll(self, tick):
        details = {"register-%d" % n: tick * n for n in range(12)}
        try:
            if tick % 4:
                raise PollError("%s does not answer at %d" % (self.device, tick), details) from self.last_error
            self.status = details
        except PollError as error:
            self.last_error = error.with_traceback(None)


class Plant:
    def __init__(self):
        self.pollers = [Poller("device-%d" % n) for n in range(6)]
        self.values = {"device-%d" % n: [0.0] * 100 for n in range(60)}

    def poll(self, tick):
        for poller in self.pollers:
            poller.poll(tick)


def main():
    plant = Plant()
    ticks = iter(range(10 ** 9))

    def step():
        for _ in range(24):
            plant.poll(next(ticks))

    step()
    serve(step)


def serve(step):
    print("READY", flush=True)
    done = 0
    while True:
        line = sys.stdin.readline()
        command = line.strip()
        if not line or command == "quit":
            break
        if command == "step":
            step()
            done += 1
            print("DONE", done, flush=True)


if __name__ == "__main__":
    main()
