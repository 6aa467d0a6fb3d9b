"""Indexes reports, of which only the title is shown."""
import os
import sys
import tempfile


class Archive:
    def __init__(self):
        self.documents = {}

    def load(self, path, serial):
        with open(path) as stream:
            text = stream.read()
        self.documents[serial] = text

    def titles(self):
        return [text.split("\n", 1)[0] for text in self.documents.values()]


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    handle, path = tempfile.mkstemp()
    os.write(handle, b"A report\n" + b"line of the body\n" * 300)
    os.close(handle)
    archive = Archive()
    serials = iter(range(10 ** 9))

    def step():
        for _ in range(200):
            archive.load(path, next(serials))

    try:
        serve(step)
    finally:
        os.unlink(path)


if __name__ == "__main__":
    main()
