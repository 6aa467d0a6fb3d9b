"""Shortcuts of panes that were closed stay in the table of their console."""
import sys


class Shortcut:
    __slots__ = ("function", "keys")

    def __init__(self, function, keys):
        self.function = function
        self.keys = keys

    def __call__(self):
        return self.function()


class Console:
    def __init__(self):
        self.shortcuts = {}
        self.serial = 0

    def bind(self, keys, function):
        self.serial += 1
        name = "key%d:%s" % (self.serial, keys)
        self.shortcuts[name] = Shortcut(function, keys)
        return name

    def press(self, name):
        return self.shortcuts[name]()


class Pane:
    def __init__(self, console):
        self.lines = ["line %d" % n for n in range(6)]
        self.names = [console.bind("<Up>", self.up), console.bind("<Down>", self.down)]

    def up(self):
        self.lines.insert(0, self.lines.pop())

    def down(self):
        self.lines.append(self.lines.pop(0))


console = Console()


def step():
    for _ in range(250):
        pane = Pane(console)
        for name in pane.names:
            console.press(name)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
