"""Per-message compression for peers that come and go."""
import sys
import zlib


class Peers:
    def __init__(self):
        self.streams = {}

    def hello(self, peer):
        self.streams.setdefault(peer, zlib.compressobj(6))

    def send(self, peer, data):
        stream = self.streams[peer]
        return stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    peers = Peers()
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(8):
            peer = "peer %d" % next(numbers)
            peers.hello(peer)
            peers.send(peer, b"x" * 1000)

    serve(step)


if __name__ == "__main__":
    main()
