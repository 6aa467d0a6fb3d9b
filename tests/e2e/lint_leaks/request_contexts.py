"""Application contexts pushed per request; an early return forgets to pop."""
import sys

_stack = []


class Context:
    def __init__(self, url):
        self.url = url
        self.g = {"user": None, "body": "b" * 1500}

    def push(self):
        _stack.append(self)
        return self

    def top(self):
        return _stack[-1]


def current():
    return _stack[-1] if _stack else None


def dispatch(url):
    Context(url).push()
    current().g["user"] = "someone"
    return "ok " + current().url


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(800):
        dispatch("/page/%d" % n)


if __name__ == "__main__":
    serve(step)
