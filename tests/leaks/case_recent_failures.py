"""A scraper keeps the errors of its pages."""
import sys


class Scraper:
    def __init__(self):
        self.errors = {}
        self.page = 0

    def parse(self, text):
        words = text.split()
        return int(words[-1])

    def fetch(self):
        self.page += 1
        text = "page %d " % self.page * 60 + "broken"
        try:
            return self.parse(text)
        except ValueError as error:
            self.errors[self.page] = error


scraper = Scraper()


def step():
    for _ in range(400):
        scraper.fetch()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
