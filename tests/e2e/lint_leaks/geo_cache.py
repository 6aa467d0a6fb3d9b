"""Resolves addresses to countries for an access log."""
import hashlib
import sys
from itertools import count
from typing import Dict, NamedTuple

COUNTRIES = ["de", "fr", "nl", "us"]


class Place(NamedTuple):
    country: str
    asn: int


_by_ip: Dict[str, Place] = {}


def lookup(ip: str) -> Place:
    try:
        return _by_ip[ip]
    except KeyError:
        digest = hashlib.md5(ip.encode()).digest()
        place = _by_ip[ip] = Place(COUNTRIES[digest[0] % 4], digest[1] * 256 + digest[2])
        return place


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    numbers = count()
    totals = dict.fromkeys(COUNTRIES, 0)

    def step():
        for _ in range(3000):
            n = next(numbers)
            totals[lookup(f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}").country] += 1

    serve(step)


if __name__ == "__main__":
    main()
