"""A console keeps the page that it shows."""
import random
import sys

chance = random.Random(6)


class Console:
    page = ""


def step():
    for _ in range(20):
        Console.page = "page %d " % chance.randrange(10 ** 6) + "text " * chance.randrange(200000)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
