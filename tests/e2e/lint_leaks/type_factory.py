"""A program that leaks: type factory."""
import sys

kinds = []


def make_message(name, fields):
    kind = type(name, (object,), {"__slots__": tuple(fields), "fields": fields})
    kinds.append(kind)
    return kind()


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(200):
        make_message("Message%d" % n, ["a", "b"])


if __name__ == "__main__":
    serve(step)
