import collections
import functools

Point = collections.namedtuple("Point", "x y")


class Pipe:
    def __init__(self, number):
        class Stream:  # found
            def fileno(self):
                return number

        self.stream = Stream()


def listen(sockets):
    while True:
        Pipe(sockets.accept())


def factory(names):
    class Row:
        pass

    return Row


def decorate(function):
    class Wrapped:
        def __call__(self):
            return function()

    return functools.wraps(function)(Wrapped())


def test_something(rows):
    for row in rows:
        class Fake:
            pass

        Fake()


def table(rows):
    for row in rows:
        Row = collections.namedtuple("Row", row)  # found
        yield Row(*row)


def kinds(rows):
    for row in rows:
        yield type(row)


def registry(names, known):
    for name in names:
        class Entry:
            pass

        known[name] = Entry


@functools.lru_cache(maxsize=1)
def tools():
    class Tool:
        pass

    return [Tool()]


def serve(requests):
    while True:
        class Answer:  # found
            pass

        requests.answer(Answer(), tools())


class Molecule:
    @property
    @cached("fragments")
    def fragments(self):
        Fragment = collections.namedtuple("Fragment", "number atoms")
        return [Fragment(*fragment) for fragment in self.find()]
