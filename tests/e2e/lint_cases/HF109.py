import functools

shapes = {}
prices = {}
limited = {}
handlers = []


def shape_of(kind_of_shape, style):
    key = (kind_of_shape, style)
    if key not in shapes:
        shapes[key] = kind_of_shape(style)  # found
    return shapes[key]


def price_of(customer, product):
    key = (customer, product)
    if key not in prices:
        prices[key] = product.price_for(customer)
    return prices[key]


def limited_of(style, font):
    if len(limited) > 100:
        limited.clear()
    if (style, font) not in limited:
        limited[(style, font)] = font.measure(style)
    return limited[(style, font)]


@functools.lru_cache(maxsize=100)
def cached(style, font):
    return font.measure(style)


def handle_all(items):
    while True:
        handlers.append(items.next())
