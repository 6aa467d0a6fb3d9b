"""A loader is wrapped once more with each plugin."""
import sys


class Loader:
    def load(self, name):
        return name


def counted(load, number):
    calls = ["plugin %d" % number]

    def wrapper(name):
        calls.append(name)
        return load(name)

    return wrapper


loader = Loader()
number = 0


def step():
    global number
    for _ in range(800):
        number += 1
        loader.load = counted(loader.load, number)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
