"""Each job gets its own log capture."""
import io
import logging
import sys

log = logging.getLogger("jobs")
log.setLevel(logging.INFO)
log.propagate = False


def run_job(number):
    capture = io.StringIO()
    handler = logging.StreamHandler(capture)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log.addHandler(handler)
    log.info("job %d starts", number)
    result = sum(range(number % 100))
    log.info("job %d: %d", number, result)
    return capture.getvalue()


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    def step(numbers=iter(range(10 ** 9))):
        for _ in range(25):
            run_job(next(numbers))

    serve(step)


if __name__ == "__main__":
    main()
