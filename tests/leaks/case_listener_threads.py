"""Each client gets a thread that listens to it."""
import sys
import threading


class Client:
    def __init__(self, number):
        self.number = number
        self.inbox = ["message %d" % n for n in range(40)]
        self.closed = threading.Event()

    def listen(self):
        self.closed.wait()


number = 0


def step():
    global number
    for _ in range(6):
        number += 1
        client = Client(number)
        threading.Thread(target=client.listen, daemon=True, name="client-%d" % number).start()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
