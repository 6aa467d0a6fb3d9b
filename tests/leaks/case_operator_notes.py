"""Each operator has notes to which every call adds."""
import sys


class Operator:
    def __init__(self, number):
        self.number = number
        self.notes = ""

    def note(self, text):
        self.notes += text


operators = {number: Operator(number) for number in range(60)}
count = 0


def calls():
    global count
    for _ in range(900):
        count += 1
        operators[count % 60].note("%06d: %s\n" % (count, "was told to try again, which helped a little; " * 3))


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        calls()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
