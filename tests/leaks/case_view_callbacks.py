"""The callback of a weak reference has by its default what the reference names."""
import sys
import weakref


class View:
    def __init__(self, number):
        self.number = number
        self.lines = ["line %d of %d" % (n, number) for n in range(14)]


class Hub:
    def __init__(self):
        self.references = {}
        self.closed = 0

    def watch(self, view):
        def gone(reference, number=view.number, view=view):
            self.closed += 1
            del self.references[number]
        self.references[view.number] = weakref.ref(view, gone)


hub = Hub()
count = 0


def step():
    global count
    for _ in range(250):
        count += 1
        hub.watch(View(count))


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
