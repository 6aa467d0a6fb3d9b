"""Workers keep the last request of each user."""
import queue
import sys
import threading

work, done = queue.Queue(), queue.Queue()


class State(threading.local):
    def __init__(self):
        self.by_user = {}


state = State()


def worker():
    while True:
        number = work.get()
        state.by_user["user %d" % number] = ["request", number]
        done.put(number)


for _ in range(2):
    threading.Thread(target=worker, daemon=True).start()
number = 0


def step():
    global number
    for _ in range(700):
        number += 1
        work.put(number)
    for _ in range(700):
        done.get()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
