"""Postings are appended to a page of a ledger, deep in an application."""
import collections
import decimal
import sys

Posting = collections.namedtuple("Posting", "account amount text")
Page = collections.namedtuple("Page", "number rows")


class Book:
    __slots__ = ("pages", "title")

    def __init__(self, title):
        self.title = title
        self.pages = [Page(n, []) for n in range(3)]


class Ledger:
    def __init__(self):
        self.book = Book("general")
        self.balances = {n: decimal.Decimal(0) for n in range(300)}

    def post(self, account, amount, text):
        self.balances[account] += amount
        self.book.pages[-1].rows.append(Posting(account, amount, text))


class Application:
    def __init__(self):
        self.extensions = {"billing": {"ledger": Ledger(), "enabled": True}, "mail": {"queue": []}}


application = Application()
numbers = iter(range(10 ** 9))


def post():
    ledger = application.extensions["billing"]["ledger"]
    for _ in range(1000):
        number = next(numbers)
        ledger.post(number % 300, decimal.Decimal(number) / 100, "posting %d" % number)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        post()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
