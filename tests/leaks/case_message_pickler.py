"""Messages are pickled one after the other into one stream."""
import io
import pickle
import sys


class Sender:
    def __init__(self):
        self.stream = io.BytesIO()
        self.pickler = pickle.Pickler(self.stream)

    def send(self, number):
        self.pickler.dump({"id": number, "body": ["part %d" % number, "end %d" % number]})
        self.stream.seek(0)
        self.stream.truncate()


sender = Sender()
number = 0


def step():
    global number
    for _ in range(900):
        number += 1
        sender.send(number)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
