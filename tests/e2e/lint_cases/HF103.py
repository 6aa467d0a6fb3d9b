import collections

growing = {}
limited = collections.deque(maxlen=9)
checked = {}
emptied = []
handed = []
rebound = []
registry = {}
fixed = [0, 0]
few = {}


def add(user, page):
    growing[user, page] = 1
    seen[(user, page)] = 1  # found
    limited.append(user)
    checked[(user, page)] = 1
    emptied.append(user)
    handed.append(user)
    fixed[0] = user


seen = {}
del growing


def checks():
    return len(checked) > 10


def empties():
    while True:
        emptied.pop()
        add(1, 2)


def hands():
    return handed


def rebinds(x):
    global rebound
    rebound = []
    rebound.append(x)


def register(cls):
    registry[cls.__name__, cls] = cls
    return cls


def look_up(name):
    few[name] = 1


def serve(n):
    while True:
        look_up("one")
        look_up(NAMES[n % 3])


NAMES = ("a", "b", "c")


_warned = set()
_endpoints = {}
_status_lines = {}


def handle_feature(log, feature):
    if feature in _warned:
        return
    _warned.add(feature)
    log.warning("%s is old", feature)


def handle_endpoint(func):
    _endpoints[id(func)] = func.__name__


def handle_status(version, status):
    _status_lines[(version, status)] = "HTTP/%s %s" % (version, status)


def draw(shapes):
    global drawn
    drawn = {}
    for shape in shapes:
        handle_shape(shape.x, shape.y)


def handle_shape(x, y):
    drawn[(x, y)] = True
