"""Postcodes are looked up and remembered."""
import functools
import itertools
import sys

requests = itertools.count()


@functools.lru_cache(maxsize=None)
def locate(postcode):
    return {"postcode": postcode, "lat": hash(postcode) % 90, "lon": hash(postcode) % 180}


def step():
    for _ in range(2000):
        locate("PC-%d" % next(requests))


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
