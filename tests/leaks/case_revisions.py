"""Contracts with versions; the newest version knows the one it replaced."""
import sys


class Revision:
    def __init__(self, predecessor, number, clauses):
        self.predecessor = predecessor
        self.number = number
        self.clauses = clauses

    def changed(self):
        if self.predecessor is None:
            return list(self.clauses)
        return [key for key, text in self.clauses.items() if self.predecessor.clauses.get(key) != text]


class Contract:
    def __init__(self, name):
        self.name = name
        self.current = Revision(None, 0, {"clause %d" % n: "text" for n in range(6)})

    def amend(self, number):
        clauses = dict(self.current.clauses)
        clauses["clause %d" % (number % 6)] = "amended in revision %d of %s" % (number, self.name)
        self.current = Revision(self.current, number, clauses)
        return self.current.changed()


class Archive:
    def __init__(self):
        self.contracts = {"C-%03d" % n: Contract("C-%03d" % n) for n in range(25)}
        self.changes = {}

    def amend_all(self, number):
        for name, contract in self.contracts.items():
            self.changes[name] = contract.amend(number)


def main():
    archive = Archive()
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(6):
            archive.amend_all(next(numbers))

    for _ in range(3):
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
