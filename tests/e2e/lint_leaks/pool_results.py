"""Conversions in a pool, remembered for a status page."""
import concurrent.futures
import sys


def convert(number):
    return {"number": number, "text": "converted %d " % number * 40}


class Converter:
    def __init__(self):
        self.pool = concurrent.futures.ThreadPoolExecutor(max_workers=2)
        self.futures = []

    def submit(self, number):
        future = self.pool.submit(convert, number)
        self.futures.append(future)
        return future

    def status(self):
        done = sum(1 for future in self.futures if future.done())
        return "%d of %d" % (done, len(self.futures))


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    converter = Converter()

    def step():
        for n in range(600):
            converter.submit(n).result()
        converter.status()

    serve(step)


if __name__ == "__main__":
    main()
