"""A memo decorator of our own over tax rules."""
import functools
import sys


def memoized(function):
    cache = {}

    @functools.wraps(function)
    def wrapper(*args):
        if args not in cache:
            cache[args] = function(*args)
        return cache[args]

    return wrapper


@memoized
def tax(amount, country):
    return {"amount": amount, "country": country, "tax": amount * 19 // 100}


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
class Till:
    def __init__(self):
        self.amount = 0

    def sell(self):
        for _ in range(3000):
            self.amount += 1
            tax(self.amount, "de")


if __name__ == "__main__":
    serve(Till().sell)
