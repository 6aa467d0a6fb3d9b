"""A program that leaks: weakvalue strong."""
import sys
import weakref


class View:
    pass


class Model:
    def __init__(self):
        self.refs = []

    def attach(self, view):
        self.refs.append(weakref.ref(view))

    def notify(self):
        for ref in self.refs[-2:]:
            view = ref()
            if view is not None:
                view.dirty = True


model = Model()


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(3000):
        model.attach(View())
    model.notify()


if __name__ == "__main__":
    serve(step)
