"""A program that leaks: job queue."""
import queue
import sys
import time

jobs = queue.Queue()


def enqueue(kind, payload):
    jobs.put_nowait((kind, payload, time.time()))


def drain_one():
    try:
        return jobs.get_nowait()
    except queue.Empty:
        return None


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(3000):
        enqueue("resize", {"image": n, "size": (n, n)})
    drain_one()


if __name__ == "__main__":
    serve(step)
