"""Each request runs in a context of its own."""
import contextvars
import sys

request_data = contextvars.ContextVar("request_data")
finished = []


def handle(number):
    request_data.set({"number": number, "user": "user %d" % number})


number = 0


def step():
    global number
    for _ in range(700):
        number += 1
        context = contextvars.copy_context()
        context.run(handle, number)
        finished.append(context)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
