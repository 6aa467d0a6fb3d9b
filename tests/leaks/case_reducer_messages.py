"""A store replaces its state, with one message more."""
import sys


class Store:
    def __init__(self):
        self.state = {"user": "u-1", "messages": (), "status": "open"}

    def dispatch(self, action):
        if action["type"] == "message":
            self.state = {**self.state, "messages": self.state["messages"] + (action["message"],)}


store = Store()
number = 0


def step():
    global number
    for _ in range(100):
        number += 1
        store.dispatch({"type": "message", "message": {"id": number, "text": "message %d of this talk " % number * 40}})


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
