import logging
log = logging.getLogger(__name__)

class Scheduler:
    def __init__(self):
        self.retries = []

    def submit(self, path, upload):
        with open(path, "rb") as stream:
            body = stream.read()
        checksum = hash(body)
        if not upload(body):
            self.retries.append(lambda: log.info("retry %s of %d bytes", checksum, len(body)))  # found
