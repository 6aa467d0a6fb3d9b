"""The last measurements are kept for each device of each customer."""
import random
import sys

chance = random.Random(5)
customers = {"customer-%d" % n: {"devices": {"device-%d" % d: {"samples": [], "unit": "C"} for d in range(25)}}
             for n in range(40)}


def record(value):
    customer = customers["customer-%d" % chance.randrange(40)]
    samples = customer["devices"]["device-%d" % chance.randrange(25)]["samples"]
    samples.append((value, "ok"))
    del samples[:-20]


def step():
    for _ in range(5000):
        record(chance.random())


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
