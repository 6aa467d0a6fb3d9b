"""Views subscribe to a message bus."""
import sys


class Bus:
    def __init__(self):
        self.subscribers = {"price": [], "order": []}

    def subscribe(self, topic, callback):
        self.subscribers[topic].append(callback)

    def publish(self, topic, message):
        for callback in self.subscribers[topic][-3:]:
            callback(message)


bus = Bus()


class View:
    def __init__(self, number):
        self.rows = ["row %d.%d" % (number, n) for n in range(6)]
        bus.subscribe("price", self.on_price)

    def on_price(self, message):
        self.rows[0] = message


number = 0


def step():
    global number
    for _ in range(700):
        number += 1
        View(number)
        bus.publish("price", "now %d" % number)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
