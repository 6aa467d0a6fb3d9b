"""A program that leaks: dataclass state."""
import dataclasses
import sys
import typing


@dataclasses.dataclass
class Monitor:
    name: str
    samples: typing.List[float] = dataclasses.field(default_factory=list)
    total: float = 0.0

    def record(self, value):
        self.total += value
        self.samples.append({"value": value, "name": self.name})

    def mean(self):
        return self.total / len(self.samples)


monitor = Monitor("latency")


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(3000):
        monitor.record(n / 3)
    monitor.mean()


if __name__ == "__main__":
    serve(step)
