"""An editor remembers how to undo each change."""
import sys


class Editor:
    def __init__(self):
        self.text = ["line %d" % n for n in range(400)]
        self.undo = []

    def change(self, number):
        before = list(self.text)

        def restore():
            self.text = before

        self.text[number % 400] = "changed %d" % number
        self.undo.append(restore)


editor = Editor()
number = 0


def step():
    global number
    for _ in range(150):
        number += 1
        editor.change(number)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
