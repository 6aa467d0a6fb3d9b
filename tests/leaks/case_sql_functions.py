"""Each report brings functions of its own into one connection of sqlite3, under names that nobody uses again."""
import sqlite3
import sys


class Rates:
    """What the currencies of one tenant are worth."""

    def __init__(self, tenant):
        self.tenant = tenant
        self.rates = {"currency %d" % n: tenant + n / 7 for n in range(25)}

    def convert(self, amount, currency):
        return amount * self.rates.get(currency, 1)


class Reports:
    def __init__(self):
        self.database = sqlite3.connect(":memory:")
        self.database.execute("create table sale (amount real, currency text)")
        self.database.executemany("insert into sale values (?, ?)", ((n, "currency %d" % n) for n in range(8)))
        self.made = 0

    def total(self, tenant):
        self.made += 1
        name = "convert_%d" % self.made
        self.database.create_function(name, 2, Rates(tenant).convert)
        return self.database.execute("select sum(%s(amount, currency)) from sale" % name).fetchone()[0]


reports = Reports()


def step():
    for tenant in range(150):
        reports.total(tenant)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
