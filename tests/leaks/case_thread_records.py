"""Each thread has a store whose map keeps every record that it ever made."""
import queue
import sys
import threading

work, done = queue.Queue(), queue.Queue()
local = threading.local()


class Order:
    def __init__(self, number):
        self.number = number
        self.lines = ["line %d" % number, number % 7]


class Store:
    def __init__(self):
        self.identity_map = {}
        self.new = []

    def add(self, record):
        self.new.append(record)
        self.identity_map[type(record), record.number] = record

    def commit(self):
        self.new.clear()


def worker():
    local.store = Store()
    while True:
        local.store.add(Order(work.get()))
        local.store.commit()
        done.put(1)


threading.Thread(target=worker, daemon=True).start()
numbers = iter(range(10 ** 9))


def step():
    for _ in range(700):
        work.put(next(numbers))
    for _ in range(700):
        done.get()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
