"""Keeps the header of each packet."""
import sys


class Capture:
    def __init__(self):
        self.headers = []

    def receive(self, packet):
        view = memoryview(packet)
        header = view[:16]
        self.headers.append(header)


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    capture = Capture()

    def step():
        for n in range(300):
            capture.receive(bytes(4000) + bytes([n % 256]))

    serve(step)


if __name__ == "__main__":
    main()
