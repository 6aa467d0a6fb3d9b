"""A program that leaks: lru none async."""
import functools
import sys


@functools.lru_cache(maxsize=None)
def permissions(user, resource):
    return frozenset(("read", "write")[: len(user + resource) % 3])


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(2000):
            n = next(numbers)
            permissions("user%d" % n, "file%d" % n)

    serve(step)


if __name__ == "__main__":
    main()
