"""A worker thread that keeps its scratch data in a thread local."""
import queue
import sys
import threading

_local = threading.local()
jobs = queue.Queue(10)
answers = queue.Queue(10)


def trace(message):
    try:
        log = _local.log
    except AttributeError:
        log = _local.log = []
    log.append(message)


def worker():
    while True:
        number = jobs.get()
        trace("begin %d" % number)
        trace("end %d %s" % (number, "." * 300))
        answers.put(number)


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(1500):
        jobs.put(n)
        answers.get()


if __name__ == "__main__":
    threading.Thread(target=worker, daemon=True).start()
    serve(step)
