"""Results of finished calculations stay with their futures."""
import concurrent.futures
import sys

pool = concurrent.futures.ThreadPoolExecutor(2)


class Ledger:
    def __init__(self):
        self.entries = {}
        self.count = 0

    def submit(self):
        self.count += 1
        self.entries[self.count] = pool.submit(lambda n: ["entry", n, "x" * 40], self.count)


ledger = Ledger()


def step():
    for _ in range(300):
        ledger.submit()
    concurrent.futures.wait(list(ledger.entries.values())[-300:])


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
