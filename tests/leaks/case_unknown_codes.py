"""Codes that nobody knows become members of an enumeration."""
import enum
import sys


class Code(enum.Enum):
    OPEN = "open"
    CLOSED = "closed"

    @classmethod
    def _missing_(cls, value):
        member = object.__new__(cls)
        member._name_ = "UNKNOWN"
        member._value_ = value
        cls._value2member_map_[value] = member
        return member


number = 0


def step():
    global number
    for _ in range(500):
        number += 1
        Code("code %d of some other version" % number)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
