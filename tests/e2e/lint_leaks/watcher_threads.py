"""A watchdog thread for each upload."""
import sys
import threading


class Upload:
    def __init__(self, name):
        self.name = name
        self.data = bytearray(50000)
        self.done = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        self.done.wait()
        print("upload ended", self.name)

    def finish(self):
        return len(self.data)


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(8):
        Upload("file %d" % n).finish()


if __name__ == "__main__":
    serve(step)
