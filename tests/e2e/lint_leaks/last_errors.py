"""A supervisor that keeps what went wrong per worker run."""
import sys


class Supervisor:
    def __init__(self):
        self.errors = {}
        self.runs = 0

    def run(self, work, *args):
        self.runs += 1
        try:
            return work(*args)
        except (ValueError, ZeroDivisionError) as exc:
            self.errors.setdefault(self.runs, []).append(exc)
            return None


def parse(size):
    scratch = bytearray(size)
    rows = [str(n) for n in range(10)]
    return int("x") + len(scratch) + len(rows)


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    supervisor = Supervisor()
    serve(lambda: [supervisor.run(parse, 3000) for _ in range(400)])


if __name__ == "__main__":
    main()
