import collections
import warnings
import weakref


class Order:
    history = []
    index = {}
    table = {}
    complained = set()
    emptied = []
    kinds = []
    seen = collections.defaultdict(set)

    def move_to(self, state):
        self.history.append((self, state))  # found

    def name(self, key):
        self.index[key] = self

    def fill(self):
        self.table.update({"a": 1, "b": 2})

    def complain(self, key):
        if key not in self.complained:
            self.complained.add(key)
            warnings.warn(key)

    def push(self, item):
        self.emptied.append(item)

    def flush(self):
        del self.emptied[:]

    def watch(self):
        self.seen[type(self)].add(weakref.ref(self))  # found

    @classmethod
    def register(cls, kind):
        cls.kinds.append(kind)


class Own:
    def __init__(self):
        self.history = []

    def move_to(self, state):
        self.history.append(state)


class TestOrder:
    calls = []

    def test_move(self):
        self.calls.append(1)


class Radio:
    ignored = set()

    def ignore(self, manufacturer):
        self.ignored.add(manufacturer)


class Pool:
    forked = []
    hosts = set()
    open_pages = []

    def __init__(self):
        self.open_pages = []

    def connect(self, pid):
        if self.pid != pid:
            self.forked.append((self.connection, pid))

    def fetch(self, host):
        if host not in self.hosts:
            self.hosts.add(host)

    def open(self, page):
        self.open_pages.append(page)


class BaseOfSpeakers:
    images = []

    def setUp(self):
        self.images.append(self.build())
