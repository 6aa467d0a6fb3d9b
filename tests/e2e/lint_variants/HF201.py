from atexit import register


class Upload:
    def __init__(self, chunk):
        self.chunk = chunk
        register(self.abort)  # found

    def abort(self):
        self.chunk = None


class Download:
    def __init__(self, chunk):
        self.chunk = chunk

    def abort(self):
        self.chunk = None


def loop(socket):
    while True:
        chunk = socket.recv(100)
        Upload(chunk).send()
        Download(chunk).send()
