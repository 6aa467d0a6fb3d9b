"""Upload service for tables in many flavours."""
import csv
import io
import sys

summary = {}


def read_upload(number, text):
    name = "upload-%d" % number
    csv.register_dialect(name, delimiter=";" if number % 2 else ",", quotechar="'", skipinitialspace=True)
    rows = list(csv.reader(io.StringIO(text), dialect=name))
    summary[number % 100] = (name, len(rows))
    return rows

def serve(step):
    """Line protocol: READY, then one DONE per 'step', until 'quit' or EOF."""
    print("READY", flush=True)
    done = 0
    while True:
        line = sys.stdin.readline()
        command = line.strip()
        if not line or command == "quit":
            break
        if command == "step":
            step()
            done += 1
            print("DONE", done, flush=True)


numbers = iter(range(10 ** 9))


def step():
    for _ in range(1500):
        n = next(numbers)
        read_upload(n, "a;b;c\n1;2;%d\n" % n)


if __name__ == "__main__":
    step()
    serve(step)
