"""Whoever talks to a server is told when it goes."""
import functools
import sys
import weakref


class Server:
    pass


class Talk:
    def __init__(self, number):
        self.body = "%d" % number * 200

    def end(self, reference):
        self.body = None


server = Server()
interested = []


def step():
    for number in range(700):
        interested.append(weakref.ref(server, functools.partial(Talk.end, Talk(number))))


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
