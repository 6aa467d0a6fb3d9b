"""A program that leaks: signal receivers."""
import sys


class Signal:
    def __init__(self):
        self.receivers = []

    def connect(self, receiver):
        self.receivers.append(receiver)
        return receiver

    def send(self, **kwargs):
        for receiver in self.receivers[:1]:
            receiver(**kwargs)


order_saved = Signal()


def checkout(cart):
    total = sum(cart)
    rows = ["row %d" % n for n in cart]

    @order_saved.connect
    def mail(**kwargs):
        return total, rows

    order_saved.send(cart=cart)


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(300):
        checkout(list(range(20)))


if __name__ == "__main__":
    serve(step)
