"""At-least-once delivery made exactly-once."""
import hashlib
import json
import sys


def only_new(following):
    known = set()

    def accept(raw):
        digest = hashlib.sha1(raw).hexdigest()
        if digest in known:
            return False
        known.add(digest)
        following(json.loads(raw))
        return True

    return accept


class Stock:
    def __init__(self):
        self.on_hand = {"sku-%d" % number: 100 for number in range(400)}
        self.moved = 0

    def apply(self, event):
        self.on_hand["sku-%d" % (event["sku"] % 400)] += event["delta"]
        self.moved += 1


class Consumer:
    def __init__(self, handler):
        self.handler = handler
        self.rejected = 0

    def handle(self, raw):
        if not self.handler(raw):
            self.rejected += 1


def main():
    stock = Stock()
    consumer = Consumer(only_new(stock.apply))
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(1500):
            number = next(numbers)
            raw = json.dumps({"id": number, "sku": number * 7, "delta": number % 3 - 1}).encode()
            consumer.handle(raw)
            if number % 9 == 0:
                consumer.handle(raw)

    step()
    serve(step)


def serve(step):
    print("READY", flush=True)
    done = 0
    while True:
        line = sys.stdin.readline()
        command = line.strip()
        if not line or command == "quit":
            break
        if command == "step":
            step()
            done += 1
            print("DONE", done, flush=True)


if __name__ == "__main__":
    main()
