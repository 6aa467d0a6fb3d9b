"""A hand-written cooperative scheduler."""
import collections
import sys
import types


@types.coroutine
def suspend(what):
    return (yield what)


class Mailbox:
    def __init__(self, name):
        self.name = name
        self.waiting = collections.deque()


class Kernel:
    def __init__(self):
        self.ready = collections.deque()
        self.mailboxes = {name: Mailbox(name) for name in ("stock", "price", "mail")}

    def spawn(self, coroutine):
        self.ready.append((coroutine, None))

    def reply(self, name, value):
        box = self.mailboxes[name]
        if box.waiting:
            self.ready.append((box.waiting.popleft(), value))

    def run(self):
        while self.ready:
            coroutine, value = self.ready.popleft()
            try:
                name = coroutine.send(value)
            except StopIteration:
                continue
            self.mailboxes[name].waiting.append(coroutine)


async def order(number, results):
    lines = ["order %d line %d" % (number, n) for n in range(10)]
    stock = await suspend("stock")
    price = await suspend("price")
    results[number % 64] = (len(lines), stock, price)


class Shop:
    def __init__(self):
        self.kernel = Kernel()
        self.results = {}
        self.number = 0

    def run(self):
        for _ in range(100):
            self.number += 1
            self.kernel.spawn(order(self.number, self.results))
            self.kernel.run()
            self.kernel.reply("stock", 5)
            self.kernel.run()
            if self.number % 4 == 0:
                self.kernel.reply("price", 9.5)
                self.kernel.run()


def main():
    shop = Shop()
    shop.run()
    serve(shop.run)


def serve(step):
    print("READY", flush=True)
    done = 0
    while True:
        line = sys.stdin.readline()
        command = line.strip()
        if not line or command == "quit":
            break
        if command == "step":
            step()
            done += 1
            print("DONE", done, flush=True)


if __name__ == "__main__":
    main()
