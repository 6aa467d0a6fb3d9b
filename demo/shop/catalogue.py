"""The products on sale: read once when the service starts."""

_ADJECTIVES = ("small", "large", "oak", "steel", "blue", "folding", "garden", "quiet", "spare", "round")
_NOUNS = ("table", "lamp", "shelf", "kettle", "clock", "chair", "drawer", "mirror", "basket", "hook")


class Product:
    def __init__(self, sku, name, cents, weight):
        self.sku = sku
        self.name = name
        self.cents = cents
        self.weight = weight


def _load(count):
    products = {}
    for number in range(count):
        name = "%s %s no. %d" % (_ADJECTIVES[number % 10], _NOUNS[number // 10 % 10], number)
        products["sku-%05d" % number] = Product("sku-%05d" % number, name,
                                                199 + number * 37 % 9000, 100 + number * 13 % 4000)
    return products


_products = _load(6000)


def product(sku):
    return _products[sku]


def skus():
    return list(_products)
