"""A program that leaks: parsed reports."""
import json
import sys

reports = {}


def load(number):
    reports[number] = json.loads('{"rows": [%s]}' % ",".join(str(n) for n in range(100)))
    return reports[number]["rows"][0]


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(300):
            load(next(numbers))

    serve(step)


if __name__ == "__main__":
    main()
