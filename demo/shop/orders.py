"""Orders go to the warehouse; the last ones stay at hand for the front page."""
import collections
import itertools

recent_orders = collections.deque(maxlen=200)
_numbers = itertools.count(1)


class Order:
    def __init__(self, customer, quote):
        self.number = next(_numbers)
        self.customer = customer
        self.total = quote.total
        self.items = [line.description for line in quote.lines]


def place(customer, quote):
    order = Order(customer, quote)
    recent_orders.append(order)
    return order
