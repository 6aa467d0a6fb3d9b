"""Reads an endless feed of events."""
import sys
import xml.etree.ElementTree as ET


class Feed:
    def __init__(self):
        self.parser = ET.XMLPullParser(["start", "end"])
        self.parser.feed("<stream>")
        self.count = 0

    def receive(self, text):
        self.parser.feed(text)
        for event, element in self.parser.read_events():
            if event == "end" and element.tag == "event":
                self.count += 1


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
feed = Feed()


def step():
    for n in range(1500):
        feed.receive("<event id='%d'><who>user%d</who></event>" % (n, n))


if __name__ == "__main__":
    serve(step)
