"""A program that leaks: finalize args."""
import sys
import weakref


def release(resource):
    resource.clear()


class Resource(dict):
    def __init__(self, number):
        super().__init__(number=number, data=bytes(2000))
        weakref.finalize(self, release, self)


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
        Resource(n)


if __name__ == "__main__":
    serve(step)
