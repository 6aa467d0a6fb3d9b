"""A program that leaks: contextvar tokens."""
import contextvars
import sys

request_id = contextvars.ContextVar("request_id", default=None)
_tokens = []


def begin(number):
    _tokens.append(request_id.set({"number": number, "trace": "t" * 300}))


def handle(number):
    begin(number)
    return request_id.get()["number"]


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(1000):
        handle(n)


if __name__ == "__main__":
    serve(step)
