"""Serial link: frames wait in a send buffer."""
import sys


class SendBuffer(bytearray):
    def put(self, frame):
        self += b"%04d" % len(frame)
        self += frame

    def take(self, count):
        taken = bytes(self[:count])
        del self[:count]
        return taken


class Link:
    def __init__(self):
        self.pending = SendBuffer()
        self.scratch = SendBuffer(b" " * 3000000)
        self.acknowledged = [0] * 64

    def send(self, number):
        self.pending.put(b"frame %d " % number * 25)
        self.acknowledged[number % 64] = number

    def pump(self):
        self.pending.take(400)


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
    link = Link()
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(2000):
            link.send(next(numbers))
        link.pump()

    step()
    serve(step)


if __name__ == "__main__":
    main()
