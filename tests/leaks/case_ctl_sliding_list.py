"""The last measurements are kept in a list."""
import sys

measurements = []
number = 0


def step():
    global number
    for _ in range(2000):
        number += 1
        measurements.append((number, number * 0.5, "m%d" % number))
    if len(measurements) > 9000:
        del measurements[:-3000]


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
