"""Rows wait in a list until a report is made of them, events in a deque until they are sent."""
import collections
import sys


class Event:
    def __init__(self, number):
        self.number = number
        self.body = {"number": number, "text": "event %d" % number}


class Report:
    def __init__(self):
        self.rows = []
        self.sent = 0

    def add(self, row):
        self.rows.append(row)
        if len(self.rows) >= 4200:
            self.sent += len(self.rows)
            self.rows = []


report = Report()
outbox = collections.deque()
number = 0


def step():
    global number
    for _ in range(300):
        number += 1
        report.add(Event(number))
        outbox.append({"number": number, "what": "changed %d" % number})
    if len(outbox) > 3600:
        outbox.clear()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
