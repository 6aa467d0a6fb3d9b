"""Parcels are packed in one stage, and sent from the next, a batch at a time."""
import sys

BATCH = 9600


class Parcel:
    def __init__(self, number):
        self.number = number
        self.address = "street %d, town %d" % (number, number % 97)
        self.lines = ["article %d" % (number + k) for k in range(3)]


class Stage:
    def __init__(self):
        self.items = []


packing, sending = Stage(), Stage()
number = 0


def receive(count):
    global number
    for _ in range(count):
        number += 1
        packing.items.append(Parcel(number))


def step():
    receive(60)
    del sending.items[:60]
    if len(packing.items) >= BATCH:
        sending.items.extend(packing.items)
        packing.items.clear()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
