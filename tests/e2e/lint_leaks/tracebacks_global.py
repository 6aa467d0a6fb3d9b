"""A program that leaks: tracebacks global."""
import sys
import traceback

failures = []


def attempt(function, *args):
    try:
        function(*args)
    except Exception as error:
        failures.append((function.__name__, error))


def convert(size):
    data = bytearray(size)
    return int(str(data[:1]))


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(300):
        attempt(convert, 4000)


if __name__ == "__main__":
    serve(step)
