"""Undo with a limit."""
import sys


class Command:
    def __init__(self, number):
        self.number = number
        self.before = ["cell %d" % (number + n) for n in range(6)]


class History:
    def __init__(self, limit):
        self.limit = limit
        self.commands = []

    def do(self, command):
        self.commands.append(command)
        if len(self.commands) > self.limit:
            del self.commands[:self.limit // 4]


class Sheet:
    def __init__(self):
        self.history = History(500)
        self.cells = {}

    def edit(self, number):
        command = Command(number)
        self.history.do(command)
        self.cells[number % 200] = command.before[0]


def main():
    sheets = [Sheet() for _ in range(2)]
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(220):
            number = next(numbers)
            sheets[number % 2].edit(number)
    serve(step)


def serve(step):
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


if __name__ == "__main__":
    main()
