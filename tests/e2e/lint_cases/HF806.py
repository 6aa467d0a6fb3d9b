from unittest import mock
from unittest.mock import MagicMock

gateway = mock.MagicMock()
unused = MagicMock()


class Gateway:
    def charge(self, order):
        return True


real = Gateway()


def serve(orders):
    while True:
        order = orders.get()
        gateway.charge(order)  # found
        real.charge(order)


def once():
    return unused.charge(1)
