def a(path):
    with open(path) as stream:
        for line in stream.readlines():  # found
            print(line)


def b(path):
    with open(path) as stream:
        lines = stream.read().splitlines()  # found
        for line in lines:
            print(line)


def c(path):
    with open(path) as stream:
        lines = stream.readlines()
        for line in lines:
            print(line)
        return lines


def d(path):
    with open(path) as stream:
        lines = stream.readlines()
    for line in lines:
        print(line)


def e(stream):
    for line in stream.readlines(1000):
        print(line)


def f(text):
    for line in text.splitlines():
        print(line)
