"""Each request sets up its own log handler."""
import io
import logging
import sys

log = logging.getLogger("requests.audit")
log.propagate = False


def handle(number):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s " + "request %d" % number + " %(message)s"))
    log.addHandler(handler)


number = 0


def step():
    global number
    for _ in range(400):
        number += 1
        handle(number)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
