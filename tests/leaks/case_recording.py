"""A recorder writes what it hears into memory."""
import array
import sys


class Recorder:
    def __init__(self):
        self.samples = array.array("d")

    def hear(self, n):
        self.samples.extend(float(i) for i in range(n))


recorder = Recorder()


def step():
    recorder.hear(40000)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
