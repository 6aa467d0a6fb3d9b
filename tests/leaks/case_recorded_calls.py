"""A stand-in for a payment service records its calls."""
import sys
from unittest import mock

payments = mock.Mock()
number = 0


def step():
    global number
    for _ in range(250):
        number += 1
        payments.charge("order %d" % number, amount=number)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
