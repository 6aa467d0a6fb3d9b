"""Each request wraps the factory of log records once more."""
import logging
import sys

log = logging.getLogger("shop.web")
log.addHandler(logging.NullHandler())
log.setLevel(logging.WARNING)
levels = {"debug": 10, "info": 20, "warning": 30}


class Request:
    def __init__(self, number):
        self.number = number
        self.form = {"field%d" % n: "value %d of %d" % (n, number) for n in range(12)}


def add_request_to_records(request):
    previous = logging.getLogRecordFactory()

    def factory(*args, **kwargs):
        record = logging.LogRecord(*args, **kwargs) if request is None else previous(*args, **kwargs)
        record.request = request.number
        return record

    logging.setLogRecordFactory(factory)


numbers = iter(range(10 ** 9))


def handle():
    request = Request(next(numbers))
    add_request_to_records(request)
    log.info("handled %d", request.number)


def traffic():
    for _ in range(150):
        handle()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        traffic()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
