"""Settings are merged into the default."""
import sys


def configure(name, value, settings={}):
    settings[name] = [value, "set by %s" % name]
    return settings


number = 0


def step():
    global number
    for _ in range(1500):
        number += 1
        configure("option-%d" % number, number)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
