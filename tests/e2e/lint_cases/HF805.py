import sys


def load(lines):
    for line in lines:
        yield sys.intern(line)  # found


def names():
    return sys.intern("name")


NAMES = [sys.intern(name) for name in ("a", "b")]


class Table:
    def intern(self, line):
        return line


def other(table, lines):
    for line in lines:
        yield table.intern(line)


def read(lines):
    for line in lines:
        session, action = line.split(",")
        sys.intern(session)  # found
        sys.intern("action")
