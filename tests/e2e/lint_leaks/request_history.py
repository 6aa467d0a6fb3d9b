"""A http like service that remembers its last requests for a debug page."""
import dataclasses
import sys
import time


@dataclasses.dataclass
class Request:
    path: str
    headers: dict
    started: float = dataclasses.field(default_factory=time.monotonic)


class Service:
    SHOW = 20

    def __init__(self, name):
        self.name = name
        self.history = []
        self.by_status = {200: 0, 404: 0}

    def handle(self, request):
        self.history.append(request)
        status = 404 if request.path.endswith("7") else 200
        self.by_status[status] += 1
        return status

    def debug_page(self):
        return [request.path for request in self.history[-self.SHOW:]]


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    service = Service("front")

    def step():
        for n in range(1500):
            service.handle(Request("/item/%d" % n, {"Host": "shop", "X-Request": str(n)}))
        service.debug_page()

    serve(step)


if __name__ == "__main__":
    main()
