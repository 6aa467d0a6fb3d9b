"""Repository with a unit of work."""
import sys


class UnitOfWork:
    def __init__(self, storage):
        self.storage = storage
        self._undo = []
        self.committed = 0

    def save(self, key, value):
        before = self.storage.get(key)
        self._undo.append(lambda: self.storage.__setitem__(key, before))
        self.storage[key] = value

    def commit(self):
        self.committed += 1

    def rollback(self):
        while self._undo:
            self._undo.pop()()


class Repository:
    def __init__(self):
        self.storage = {}
        self.work = UnitOfWork(self.storage)
        self.names = {n: "name %d" % n for n in range(3000)}

    def change(self, number):
        self.work.save(number % 150, {"number": number, "blob": b"%d" % number * 150})
        self.work.commit()


class Service:
    def __init__(self):
        repository = Repository()
        self.handlers = {"change": lambda number: repository.change(number), "none": lambda number: None}

def serve(step):
    """Line protocol: READY, then one DONE per 'step', until 'quit' or EOF."""
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


def main():
    service = Service()
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(250):
            service.handlers["change"](next(numbers))

    step()
    serve(step)


if __name__ == "__main__":
    main()
