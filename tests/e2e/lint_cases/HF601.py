import gzip
import json


def a(path):
    return json.load(open(path))  # found


def b(path):
    stream = gzip.open(path)  # found
    return stream.read()


def c(path):
    stream = open(path)
    try:
        return stream.read()
    finally:
        stream.close()


def d(path):
    return open(path)


def e(path, stack):
    stack.enter_context(open(path))
    with open(path) as stream:
        return stream.read()


def f(path, open):
    return open(path).read()


class G:
    def __init__(self, path):
        self.stream = open(path)
