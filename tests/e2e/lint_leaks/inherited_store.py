"""A program that leaks: inherited store."""
import sys


class Store:
    def __init__(self):
        self.items = []

    def size(self):
        return len(self.items)


class MessageStore(Store):
    def save(self, sender, text):
        self.items.append((sender, text))


class App:
    def __init__(self):
        self.store = MessageStore()

    def on_message(self, sender, text):
        self.store.save(sender, text)


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    app = App()

    def step():
        for n in range(2500):
            app.on_message("user%d" % (n % 50), "message %d " % n * 3)

    serve(step)


if __name__ == "__main__":
    main()
