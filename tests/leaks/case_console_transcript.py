"""A console adds what it shows to one text."""
import sys


class Console:
    transcript = ""

    @classmethod
    def show(cls, line):
        cls.transcript += line + "\n"


def step():
    for number in range(20):
        Console.show("%06d " % number + "text of the line " * 600)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
