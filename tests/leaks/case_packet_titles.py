"""TV guide: packets come in, titles are remembered."""
import collections
import sys

Title = collections.namedtuple("Title", "channel text")


class Guide:
    def __init__(self):
        self.channels = {n: {"name": "channel %d" % n, "titles": []} for n in range(40)}
        self.now = {}

    def take(self, packet):
        channel = packet[0] % 40
        title = Title(channel, memoryview(packet)[1:24])
        self.channels[channel]["titles"].append(title)
        self.now[channel] = bytes(title.text)


class Receiver:
    def __init__(self):
        guide = Guide()
        self.receive = lambda packet: guide.take(packet)
        self.bytes_seen = 0

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
    receiver = Receiver()
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(120):
            number = next(numbers)
            packet = bytes([number % 251]) + b"title of programme %4d" % (number % 9999) + b"." * 6000
            receiver.receive(packet)

    step()
    serve(step)


if __name__ == "__main__":
    main()
