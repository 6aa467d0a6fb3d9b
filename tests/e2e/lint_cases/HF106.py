def a(x, into=[]):
    into.append(x)  # found


def b(x, *, into={}):
    into[x] = 1  # found


def c(x, into=[]):
    into = list(into)
    into.append(x)


def d(x, into=()):
    return into + (x,)


def e(x, into=[]):
    return x in into


def f(x, counts=[0]):
    counts[0] += 1


def g(x, into={}):
    into[x] = 1
    into.pop(x)


def h():
    def inner(x, into=[]):
        into.append(x)
    return inner


class Batch:
    def __init__(self, rows=[]):
        self.rows = rows

    def add(self, row):
        self.rows.append(row)  # found


class OwnBatch:
    def __init__(self, own_rows=()):
        self.own_rows = list(own_rows)

    def add(self, row):
        self.own_rows.append(row)


class Described:
    def __init__(self, about={}):
        self.about = about
        self.about["kind"] = "described"


def proxy_type(name, exposed, _cache={}):
    if (name, exposed) not in _cache:
        _cache[(name, exposed)] = make(name, exposed)
    return _cache[(name, exposed)]


def quote(customer_id, product, _cache={}):
    if (customer_id, product) not in _cache:
        _cache[(customer_id, product)] = make(customer_id, product)  # found
    return _cache[(customer_id, product)]
