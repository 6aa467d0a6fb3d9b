"""Shop that keeps the last orders of each customer and of each depot, and cuts each list now and then."""
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
        self.cut(self.customers["customer %d" % (number % 40)].orders, 60)
        self.cut(self.depots[number % 7].parcels, 300)

    def cut(self, orders, most):
        if len(orders) > most + most // 2:
            del orders[:-most]


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
        for _ in range(1500):
            shop.order(next(numbers))

    step()
    serve(step)


if __name__ == "__main__":
    main()
