"""Uploads with retry; the last problem is the cause of the next."""
import sys


class UploadError(Exception):
    pass


class Uploader:
    def __init__(self):
        self._last = None

    def send(self, chunk):
        payload = bytes(2000) + chunk
        error = UploadError("refused %d bytes" % len(payload))
        error.__cause__ = self._last
        raise error

    def upload(self, chunk):
        try:
            self.send(chunk)
        except UploadError as problem:
            self._last = problem


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
uploader = Uploader()


def step():
    for _ in range(500):
        uploader.upload(b"data")


if __name__ == "__main__":
    serve(step)
