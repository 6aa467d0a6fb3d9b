"""Reads events and interns their keys to save memory."""
import sys
from sys import intern


def read(lines):
    seen = 0
    for line in lines:
        session, action = line.split(",")
        seen += intern(session) is not None and action == "view"
    return seen


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
        read("session-%012d,view" % next(numbers) for _ in range(10000))

    serve(step)


if __name__ == "__main__":
    main()
