"""Result pages: each search keeps a cursor that gives the next page."""
import sys


def pages(rows, size):
    for start in range(0, len(rows), size):
        yield rows[start:start + size]


class SearchService:
    def __init__(self):
        self.cursors = {}
        self.serial = 0

    def search(self, text):
        self.serial += 1
        rows = ["%s hit %d" % (text, n) for n in range(60)]
        cursor = pages(rows, 20)
        self.cursors[self.serial] = cursor
        return self.serial, next(cursor)

    def more(self, serial):
        return next(self.cursors[serial], None)


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    service = SearchService()

    def step():
        for n in range(300):
            serial, page = service.search("term %d" % n)
            if n % 10 == 0:
                service.more(serial)

    serve(step)


if __name__ == "__main__":
    main()
