"""Templates compiled once and rendered per customer."""
import sys
from functools import lru_cache as memoize


class Page:
    def __init__(self, customer, rows):
        self.customer = customer
        self.rows = rows

    @memoize(None)
    def column(self, index):
        return [row[index] for row in self.rows]

    def render(self):
        return "".join("<td>%s</td>" % cell for cell in self.column(1))


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def work():
    for customer in range(150):
        page = Page(customer, [(n, "cell %d" % n) for n in range(60)])
        page.render()


if __name__ == "__main__":
    serve(work)
