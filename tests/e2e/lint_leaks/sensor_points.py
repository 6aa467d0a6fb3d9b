"""A track of a vehicle, kept for the day."""
import sys


class Point:
    def __init__(self, lat, lon, when):
        self.lat = lat
        self.lon = lon
        self.when = when


class Track:
    def __init__(self):
        self.points = []

    def extend(self, raw):
        self.points += [Point(lat, lon, when) for lat, lon, when in raw]


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
track = Track()


def step():
    track.extend((n / 7, n / 9, n) for n in range(3000))


if __name__ == "__main__":
    serve(step)
