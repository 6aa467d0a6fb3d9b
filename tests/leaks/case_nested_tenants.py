"""Who works for a tenant sets a context variable, and never sets it back."""
import contextvars
import sys

tenant = contextvars.ContextVar("tenant", default=None)


class Tenant:
    def __init__(self, number):
        self.settings = {"name": "tenant %d" % number, "colour": "%06x" % number}
        self.token = None

    def enter(self):
        self.token = tenant.set(self)


number = 0


def step():
    global number
    for _ in range(400):
        number += 1
        Tenant(number).enter()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
