"""Gauges that know all of their kind."""
import sys


class Gauge:
    _instances = []

    def __init__(self, name):
        self.name = name
        self.samples = [0.0] * 50
        Gauge._instances.append(self)

    @classmethod
    def dump(cls):
        return ["%s=%d" % (gauge.name, len(gauge.samples)) for gauge in cls._instances[-5:]]


class Job:
    def __init__(self, number):
        self.gauge = Gauge("job.%d.seconds" % number)

    def run(self):
        self.gauge.samples[0] = 1.0


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(600):
        Job(n).run()
    Gauge.dump()


if __name__ == "__main__":
    serve(step)
