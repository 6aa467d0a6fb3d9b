"""A program that leaks: array rows."""
import array
import sys


class Series:
    def __init__(self):
        self.values = array.array("d")

    def push(self, value):
        self.values.append(value)


series = Series()


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(60000):
        series.push(n * 0.5)


if __name__ == "__main__":
    serve(step)
