"""Shop whose orders stay with the customer and with the depot that sent them."""
import sys


class Order:
    def __init__(self, number):
        self.text = "order %d " % number * 20


class Customer:
    def __init__(self):
        self.orders = []


class Depot:
    def __init__(self):
        self.parcels = []


class Shop:
    def __init__(self):
        self.customers = {"customer %d" % n: Customer() for n in range(40)}
        self.depots = [Depot() for _ in range(7)]

    def order(self, number):
        order = Order(number)
        self.customers["customer %d" % (number % 40)].orders.append(order)
        self.depots[number % 7].parcels.append(order)


def serve(step):
    """Line protocol: READY, then one DONE per 'step', until 'quit' or EOF."""
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


def main():
    shop = Shop()
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(250):
            shop.order(next(numbers))

    step()
    serve(step)


if __name__ == "__main__":
    main()
