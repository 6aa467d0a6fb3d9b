class Uplink:
    last_error = None

    def push(self, packet):
        try:
            self.attempt(packet)
        except OSError as error:
            self.last_error = error

    def attempt(self, packet):
        raise OSError("failed") from self.last_error  # found


class Stored:
    failure = None

    def run(self, job):
        try:
            job()
        except ValueError as error:
            self.failure = error

    def result(self):
        raise RuntimeError("it failed") from self.failure


try:
    import crypt
except ImportError as error:
    MISSING = error


def encrypt(text):
    raise RuntimeError("no crypt here") from MISSING


def retry(job):
    last = None
    while True:
        try:
            if not job():
                raise OSError("again") from last  # found
        except OSError as error:
            last = error


def once(job):
    try:
        job()
    except OSError as error:
        raise RuntimeError("failed") from error


class Linked:
    def send(self, data):
        problem = OSError(data)
        problem.__cause__ = self.before  # found
        raise problem

    def try_to_send(self, data):
        try:
            self.send(data)
        except OSError as problem:
            self.before = problem
