"""Statistics go through a queue to a slow writer."""
import collections
import sys
import threading
import time


class StatsWriter(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.pending = collections.deque()

    def put(self, record):
        self.pending.append(record)

    def run(self):
        while True:
            time.sleep(0.5)
            if self.pending:
                self.pending.popleft()


writer = StatsWriter()


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(4000):
        writer.put({"n": n, "when": time.time(), "what": "page view %d" % n})


if __name__ == "__main__":
    writer.start()
    serve(step)
