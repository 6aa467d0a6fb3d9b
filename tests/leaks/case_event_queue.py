"""Events are queued for a sender that sends only some."""
import asyncio
import sys


class Mailer:
    def __init__(self):
        self.events = asyncio.Queue()
        self.sent = 0

    def post(self, number):
        self.events.put_nowait({"id": number, "body": "event %d" % number})

    def send_some(self):
        for _ in range(10):
            if not self.events.empty():
                self.events.get_nowait()
                self.sent += 1


mailer = Mailer()
number = 0


def step():
    global number
    for _ in range(1500):
        number += 1
        mailer.post(number)
    mailer.send_some()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
