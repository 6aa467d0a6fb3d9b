"""Of four pumps one never recovers: each of its faults is put into a group with all that were before."""
import sys


class Pressure(Exception):
    pass


class Pump:
    def __init__(self, number):
        self.number = number
        self.faults = None
        self.turns = 0

    def measure(self):
        self.turns += 1
        values = [self.turns * n % 1013 for n in range(60)]
        if self.number == 3:
            raise Pressure("pump %d: %d" % (self.number, max(values)))

    def turn(self):
        try:
            self.measure()
            self.faults = None
        except Pressure as fault:
            old = [self.faults] if self.faults else []
            self.faults = ExceptionGroup("pump %d" % self.number, [fault] + old)


pumps = [Pump(number) for number in range(4)]


def step():
    for _ in range(250):
        for pump in pumps:
            pump.turn()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
