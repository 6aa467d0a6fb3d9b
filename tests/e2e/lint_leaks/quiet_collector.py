"""A game server that fears pauses."""
import gc
import sys

gc.set_threshold(0)


class Room:
    def __init__(self, name):
        self.name = name
        self.doors = []


class Door:
    def __init__(self, a, b):
        self.a, self.b = a, b
        a.doors.append(self)
        b.doors.append(self)


def level(number):
    rooms = [Room("%d/%d" % (number, n)) for n in range(12)]
    for a, b in zip(rooms, rooms[1:]):
        Door(a, b)
    return len(rooms)


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(300):
        level(n)


if __name__ == "__main__":
    serve(step)
