"""Replication: changes wait in a deque for the peer."""
import collections
import sys


class Notice:
    def __init__(self, number):
        self.number = number
        self.row = {"id": number, "name": "row %d" % number}


class Peer:
    def __init__(self, name, pace):
        self.name = name
        self.pace = pace
        self.changes = collections.deque()
        self.sent = 0

    def flush(self):
        for _ in range(self.pace):
            if not self.changes:
                break
            self.sent = self.changes.popleft().number


class Replicator:
    def __init__(self):
        self.peers = [Peer("near", 2000), Peer("far", 350)]

    def change(self, number):
        notice = Notice(number)
        for peer in self.peers:
            peer.changes.append(notice)

    def flush(self):
        for peer in self.peers:
            peer.flush()


def main():
    replicator = Replicator()
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(1000):
            replicator.change(next(numbers))
        replicator.flush()

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
