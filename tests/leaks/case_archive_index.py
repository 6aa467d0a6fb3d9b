"""Event archive: each event is a member of a zip that is streamed to a remote disk."""
import sys
import zipfile


class Sink:
    def __init__(self):
        self.position = 0

    def write(self, data):
        self.position += len(data)
        return len(data)

    def flush(self):
        pass


class Archive:
    def __init__(self):
        self._zip = zipfile.ZipFile(Sink(), "w", zipfile.ZIP_STORED)

    def store(self, name, text):
        self._zip.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), text)


class Collector:
    def __init__(self):
        archive = Archive()
        counts = {}

        def collect(number):
            kind = "kind%d" % (number % 80)
            counts[kind] = counts.get(kind, 0) + 1
            archive.store("events/%s/%d.json" % (kind, number), '{"number": %d}' % number)

        self.collect = collect

def serve(step):
    """Line protocol: READY, then one DONE per 'step', until 'quit' or EOF."""
    print("READY", flush=True)
    done = 0
    while True:
        line = sys.stdin.readline()
        command = line.strip()
        if not line or command == "quit":
            break
        if command == "step":
            step()
            done += 1
            print("DONE", done, flush=True)


def main():
    collector = Collector()
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(450):
            collector.collect(next(numbers))

    step()
    serve(step)


if __name__ == "__main__":
    main()
