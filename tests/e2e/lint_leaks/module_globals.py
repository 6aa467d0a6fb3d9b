"""Telemetry, flushed by nobody."""
import sys
import time

events = []
enabled = True


def emit(kind, **fields):
    global events
    if enabled:
        events += [dict(fields, kind=kind, at=time.time())]


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
        emit("click", x=n, y=n * 2)


if __name__ == "__main__":
    serve(step)
