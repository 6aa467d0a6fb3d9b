"""Loads measurements from text lines and keeps them for a dashboard."""
import sys


class Dashboard:
    def __init__(self):
        self.rows = []

    def load(self, lines):
        for line in lines:
            station, unit, value = line.split(";")
            self.rows.append({"station": station, "unit": unit, "value": float(value)})


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    board = Dashboard()

    def step():
        board.load("station-%02d;celsius per hour;%d" % (n % 10, n) for n in range(1500))

    serve(step)


if __name__ == "__main__":
    main()
