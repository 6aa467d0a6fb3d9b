"""Web service whose plug-ins put a layer around the application when they are set up."""
import sys


class Application:
    def __call__(self, path):
        return "page %s" % path


class TenantLayer:
    def __init__(self, inner, tenant):
        self.inner = inner
        self.tenant = tenant
        self.headers = {"tenant": "tenant %d" % tenant, "policy": "p" * 300 + str(tenant)}
        self.rules = ["%d allows %d" % (tenant, n) for n in range(20)]

    def __call__(self, path):
        return self.inner(path)


class Service:
    def __init__(self):
        self.plain = Application()
        self.application = self.plain
        self.pages = {}

    def set_up(self, tenant):
        self.application = TenantLayer(self.application, tenant)

    def get(self, number):
        self.pages[number % 50] = self.plain("/%d" % number)


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
    service = Service()
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(120):
            number = next(numbers)
            service.set_up(number)
            service.get(number)

    step()
    serve(step)


if __name__ == "__main__":
    main()
