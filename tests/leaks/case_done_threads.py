"""Crawler: one thread for each page."""
import sys
import threading


class Worker(threading.Thread):
    def __init__(self, number):
        super().__init__(daemon=True)
        self.number = number
        self.links = None

    def run(self):
        self.links = ["http://site%d.example/page/%d" % (self.number, n) for n in range(60)]


class Crawler:
    def __init__(self):
        self.workers = []
        self.seen = {}

    def fetch(self, number):
        worker = Worker(number)
        self.workers.append(worker)
        worker.start()
        worker.join()
        self.seen[number % 128] = len(worker.links)

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
    crawler = Crawler()
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(60):
            crawler.fetch(next(numbers))

    step()
    serve(step)


if __name__ == "__main__":
    main()
