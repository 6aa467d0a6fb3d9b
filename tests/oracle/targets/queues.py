"""Deques of which some had things come or go at both ends; argv[1] is where to write which, as JSON."""
import collections
import json
import os
import sys


def taken(count, left):
    made = collections.deque()
    for number in range(count):
        made.append(number) if left else made.appendleft(number)
        if number % 3 == 0:
            made.popleft() if left else made.pop()
    return made


def main():
    prepended = collections.deque()
    prepended.extendleft(range(300))
    cleared = taken(200, True)
    cleared.clear()
    cleared.extend(range(70))
    emptied = taken(200, True)
    while emptied:
        emptied.popleft()
    emptied.extend(range(90))
    drained = collections.deque(range(10))
    while drained:
        drained.popleft()
    for number in range(40):
        drained.append(number)
    turned = collections.deque(range(100))
    turned.rotate(7)
    truth = {"queues": [taken(300, True), taken(300, False), taken(4000, True), drained, turned],
             "others": [collections.deque(), collections.deque(range(500)), prepended, cleared, emptied,
                        collections.deque(range(100), maxlen=50)]}
    with open(sys.argv[1] + ".part", "w", encoding="utf-8") as file:
        json.dump({kind: [id(one) for one in all] for kind, all in truth.items()}, file)
    os.rename(sys.argv[1] + ".part", sys.argv[1])
    sys.stdin.read()


main()
