"""Job runner with scratch memory outside of the heap."""
import mmap
import sys


class Scratch:
    def __init__(self):
        self._areas = {}

    def area(self, job):
        if job not in self._areas:
            area = self._areas[job] = mmap.mmap(-1, 32768)
            area[:] = b"s" * 32768
        return self._areas[job]


class Runner:
    def __init__(self):
        self.scratch = Scratch()
        self.states = {}

    def run(self, job):
        area = self.scratch.area(job)
        area[0:8] = b"%08d" % job
        self.states[job % 50] = "finished"

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
    runner = Runner()
    jobs = iter(range(10 ** 9))

    def step():
        for _ in range(30):
            runner.run(next(jobs))

    step()
    serve(step)


if __name__ == "__main__":
    main()
