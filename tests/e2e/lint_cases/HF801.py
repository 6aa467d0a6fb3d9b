class Sample:  # found
    def __init__(self, time, value):
        self.time = time
        self.value = value


class Slotted:
    __slots__ = ("time", "value")

    def __init__(self, time, value):
        self.time = time
        self.value = value


class Based(dict):
    def __init__(self, time, value):
        self.time = time
        self.value = value


class Busy:
    def __init__(self, time, value):
        self.time = time
        self.value = value
        self.start()


class Archive:
    def __init__(self):
        self.samples = []

    def load(self, rows):
        for time, value in log_records(rows):
            self.samples.append(Sample(time, value))
            self.samples.append(Slotted(time, value))
            self.samples.append(Based(time, value))
            self.samples.append(Busy(time, value))


import dataclasses
from dataclasses import dataclass
from functools import cached_property


@dataclass
class Trade:  # found
    price: float
    amount: int = 0


@dataclass(slots=True)
class SlottedTrade:
    price: float
    amount: int


@dataclasses.dataclass(frozen=True)
class Quote:  # found
    bid: float
    ask: float

    def spread(self):
        return self.ask - self.bid


@dataclass
class Basket:
    owner: str
    items: list = dataclasses.field(default_factory=list)


class Column:
    def __init__(self, name, kind):
        self.name = name
        self.kind = kind


class Defaulted:
    unit = None

    def __init__(self, time, value):
        self.time = time
        self.value = value


class Lazy:
    def __init__(self, time, value):
        self.time = time
        self.value = value

    @cached_property
    def text(self):
        return str(self.value)


class Late:
    def __init__(self, time, value):
        self.time = time
        self.value = value

    def mark(self):
        self.marked = True


class Extended:
    def __init__(self, time, value):
        self.time = time
        self.value = value


class Event:  # found
    def __init__(self, when, what):
        self.when = when
        self.what = what


class Given:
    def __init__(self, time, value):
        self.time = time
        self.value = value


def read_trades(stream):
    return [Trade(float(line)) for line in stream]


class Book:
    def __init__(self, schema, log_lines, settings):
        self.columns = [Column(name, kind) for name, kind in schema]
        self.quotes = {}
        self.events = []
        for line in log_lines:
            self.quotes[line.symbol] = Quote(line.bid, line.ask)
            self.columns.append(SlottedTrade(line.bid, 1))
            self.columns.append(Basket(line.owner))
            self.columns.append(Defaulted(line.bid, 1))
            self.columns.append(Lazy(line.bid, 1))
            self.columns.append(Late(line.bid, 1))
            extended = Extended(line.bid, 1)
            extended.extra = line.ask
            self.columns.append(extended)
            Given(line.bid, 1).send()

    def replay(self, connection):
        while True:
            data = connection.recv(100)
            if not data:
                break
            event = Event(data.when, data)
            event.what = data.decode()
            self.events.append(event)


class Setting:
    def __init__(self, name, value):
        self.name = name
        self.value = value


class Field:  # found
    def __init__(self, x, y):
        self.x = x
        self.y = y


def settings(rows):
    return [Setting(row.name, row.value) for row in rows]


def board(size):
    return [Field(x, y) for x in range(size) for y in range(size)]


def board_of_rows(size):
    fields = {}
    for y in range(size):
        for x in range(size):
            fields[x, y] = Field(x, y)
    return fields
