"""A program that leaks: text nodes."""
import sys
import xml.etree.ElementTree as ElementTree


class Index:
    def __init__(self):
        self.titles = {}

    def add(self, number, text):
        root = ElementTree.fromstring(text)
        for title in root.iter("title"):
            self.titles[number] = title


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    index = Index()
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(300):
            n = next(numbers)
            index.add(n, "<doc><title>T%d</title>%s</doc>" % (n, "<p>x</p>" * 20))

    serve(step)


if __name__ == "__main__":
    main()
