"""Shop that sends its mails in the background."""
import concurrent.futures
import sys
import time


class Mail:
    def __init__(self, number):
        self.to = "customer%d@example.org" % number
        self.text = "Thank you for order %d. " % number * 40


class Mailer:
    def __init__(self):
        self._pool = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="mail")
        self.delivered = 0

    def send(self, mail):
        self._pool.submit(self.deliver, mail)

    def deliver(self, mail):
        time.sleep(0.3)
        self.delivered += 1


class Shop:
    def __init__(self):
        self.mailer = Mailer()
        self.stock = {n: {"article": n, "count": 1000} for n in range(5000)}
        self.last_orders = []

    def order(self, number):
        self.stock[number % 5000]["count"] -= 1
        self.last_orders.append(number)
        del self.last_orders[:-200]
        self.mailer.send(Mail(number))

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
    import os
    os._exit(0)


if __name__ == "__main__":
    main()
