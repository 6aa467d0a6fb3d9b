"""Tags are interned to compare them fast."""
import sys

latest = []
number = 0


def step():
    global number
    for _ in range(4000):
        number += 1
        latest.append(sys.intern("tag-%d-of-a-long-series" % number))


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
