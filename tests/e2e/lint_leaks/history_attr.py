"""A program that leaks: history attr."""
import copy
import sys


class Document:
    def __init__(self):
        self.text = ["line %d" % n for n in range(40)]
        self.history = []

    def edit(self, row, text):
        self.history.append(copy.copy(self.text))
        self.text[row] = text

    def undo(self):
        if self.history:
            self.text = self.history[-1]


document = Document()


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(1500):
        document.edit(n % 40, "edit %d" % n)


if __name__ == "__main__":
    serve(step)
