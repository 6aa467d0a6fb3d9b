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
