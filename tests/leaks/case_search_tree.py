"""Orders in a binary tree by their price."""
import random
import sys

chance = random.Random(11)


class Order:
    def __init__(self, price, amount):
        self.price = price
        self.amount = amount
        self.less = None
        self.more = None


class Book:
    def __init__(self):
        self.root = Order(0.5, 1)

    def place(self, order):
        at = self.root
        while True:
            side = "less" if order.price < at.price else "more"
            below = getattr(at, side)
            if below is None:
                setattr(at, side, order)
                return
            at = below


book = Book()


def step():
    for _ in range(2000):
        book.place(Order(chance.random(), 1.0 + chance.random()))


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
