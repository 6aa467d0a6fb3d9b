"""A search tool reads all its documents."""
import os
import sys
import tempfile

folder = tempfile.mkdtemp()
source = os.path.join(folder, "document.txt")
with open(source, "w") as stream:
    for n in range(3000):
        stream.write("line %d of a document\n" % n)


class Corpus:
    def __init__(self):
        self.documents = {}

    def add(self, name):
        with open(source) as stream:
            self.documents[name] = stream.read()


corpus = Corpus()
number = 0


def step():
    global number
    for _ in range(8):
        number += 1
        corpus.add("document %d" % number)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
