"""Events are linked from the first to the last."""
import sys


class Event:
    def __init__(self, number):
        self.number = number
        self.next = None


first = last = Event(0)


def step():
    global last
    for _ in range(3000):
        last.next = Event(last.number + 1)
        last = last.next


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
