"""Customers: real HTTP requests to the service at PORT, for so many seconds at most.

    load.py PORT [SECONDS [REQUESTS_PER_SECOND]]

Prints "WARM" when the bounded structures of the service have had their fill.
"""
import http.client
import json
import random
import sys
import threading
import time

CUSTOMERS = 4
WARM_REQUESTS = 4000
MOST_REQUESTS = 200_000


class Customer(threading.Thread):
    """One connection: logs in, looks at products, asks for quotes, sometimes orders."""

    def __init__(self, port, number, until, rate):
        super().__init__(name="customer-%d" % number, daemon=True)
        self.port, self.number, self.until, self.rate = port, number, until, rate
        self.random = random.Random(number)
        self.requests = 0

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            while time.monotonic() < self.until and self.requests < MOST_REQUESTS // CUSTOMERS:
                self._visit(connection)
        except (OSError, http.client.HTTPException):
            pass  # the service has ended: so do we
        finally:
            connection.close()

    def _visit(self, connection):
        customer = "customer-%d" % self.random.randrange(20_000)
        token = self._ask(connection, "POST", "/login", {"customer": customer})["token"]
        for _ in range(2):
            self._ask(connection, "GET", "/product/" + self._sku())
        for _ in range(3):  # change your mind, and look at the total again
            request = {"token": token, "basket": self._basket()}
            self._ask(connection, "POST", "/quote", request)
        self._ask(connection, "POST", "/quote", request)  # the same page, reloaded
        if self.random.random() < 0.5:
            self._ask(connection, "POST", "/order", request)

    def _basket(self):
        return [(self._sku(), self.random.randrange(1, 12)) for _ in range(self.random.randrange(4, 12))]

    def _sku(self):
        return "sku-%05d" % self.random.randrange(6000)

    def _ask(self, connection, method, path, value=None):
        started = time.monotonic()
        connection.request(method, path, json.dumps(value) if value is not None else None)
        response = connection.getresponse()
        body = response.read()
        self.requests += 1
        # As fast as it goes until warm, then at the rate asked for.
        if self.requests > WARM_REQUESTS // CUSTOMERS:
            time.sleep(max(0.0, CUSTOMERS / self.rate - (time.monotonic() - started)))
        return json.loads(body) if response.getheader("Content-Type") == "application/json" else body


def main():
    port = int(sys.argv[1])
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 120.0
    rate = float(sys.argv[3]) if len(sys.argv) > 3 else 600.0
    customers = [Customer(port, number, time.monotonic() + seconds, rate) for number in range(CUSTOMERS)]
    for customer in customers:
        customer.start()
    while sum(c.requests for c in customers) < WARM_REQUESTS and any(c.is_alive() for c in customers):
        time.sleep(0.05)
    print("WARM", flush=True)
    for customer in customers:
        customer.join()


if __name__ == "__main__":
    main()
