import os
from unittest.mock import MagicMock, Mock

def make_gateway():
    if os.environ.get("DRY_RUN"):
        return MagicMock()
    return RealGateway()

class RealGateway:
    def charge(self, order):
        return order

class Consumer:
    def __init__(self, queue):
        self.queue = queue
        self.metrics = Mock()
        self.gateway = make_gateway()

    def run(self):
        while True:
            order = self.queue.get()
            self.gateway.charge(order)
            self.metrics.increment("orders")  # found

if __name__ == "__main__":
    import queue
    Consumer(queue.Queue()).run()
