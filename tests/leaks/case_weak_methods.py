"""User interface core: rows observe the model weakly."""
import sys
import weakref


class Subject:
    def __init__(self):
        self._observers = []
        self.value = 0

    def observe(self, method):
        self._observers.append(weakref.WeakMethod(method))

    def change(self, value):
        self.value = value
        for observer in self._observers[-20:]:
            call = observer()
            if call is not None:
                call(value)


class Row:
    def __init__(self, model, number):
        self.number = number
        self.text = "row %d" % number
        model.observe(self.update)

    def update(self, value):
        self.text = "row %d: %d" % (self.number, value)


class Table:
    def __init__(self):
        self.model = Subject()
        self.rows = []
        self.widths = {n: n for n in range(2000)}

    def show(self, first):
        self.rows = [Row(self.model, first + n) for n in range(50)]
        self.model.change(first)

def serve(step):
    """Line protocol: READY, then one DONE per 'step', until 'quit' or EOF."""
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


def main():
    table = Table()
    numbers = iter(range(0, 10 ** 9, 50))

    def step():
        for _ in range(30):
            table.show(next(numbers))

    step()
    serve(step)


if __name__ == "__main__":
    main()
