"""What a basket costs a customer: list prices, volume discounts, shipping and tax."""
import time

from shop import catalogue

TAX_PERCENT = 19
_quotes = {}


class Line:
    def __init__(self, product, quantity, discount):
        self.sku = product.sku
        self.description = "%d x %s" % (quantity, product.name)
        self.quantity = quantity
        self.discount = discount
        self.cents = product.cents * quantity * (100 - discount) // 100


class Quote:
    def __init__(self, customer, lines, shipping):
        self.customer = customer
        self.lines = lines
        self.shipping = shipping
        self.net = sum(line.cents for line in lines) + shipping
        self.tax = self.net * TAX_PERCENT // 100
        self.made_at = time.time()

    @property
    def total(self):
        return self.net + self.tax


def _discount(quantity):
    return 0 if quantity < 3 else 5 if quantity < 10 else 12


def _shipping(basket):
    grams = sum(catalogue.product(sku).weight * quantity for sku, quantity in basket)
    return 490 + grams // 1000 * 80


def quote_for(customer, basket):
    """Quotes are costly and customers reload their basket: remember them."""
    key = (customer, tuple(sorted(basket)))
    quote = _quotes.get(key)
    if quote is None:
        lines = [Line(catalogue.product(sku), quantity, _discount(quantity)) for sku, quantity in key[1]]
        quote = _quotes[key] = Quote(customer, lines, _shipping(basket))
    return quote
