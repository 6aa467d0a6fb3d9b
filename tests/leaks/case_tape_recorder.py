"""Everything that was said on a channel is recorded to a stream."""
import io
import sys


class Channel:
    def __init__(self, name):
        self.name = name
        self.tape = io.BytesIO()
        self.said = 0

    def say(self, frame):
        self.tape.write(frame)
        self.said += 1


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
    channels = [Channel(name) for name in ("left", "right")]

    def step():
        for n in range(400):
            channels[n % 40 == 0].say(b"%4d" % n * 200)

    step()
    serve(step)


if __name__ == "__main__":
    main()
