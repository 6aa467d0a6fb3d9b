"""A reporting tool that reads one SQLite database, and notes which columns are read."""
import sqlite3
import sys

LABELS = {"north": "Nordland", "south": "Suedland", "west": "Westland"}


class ReadAudit:
    """Is asked by SQLite before it reads a column."""

    def __init__(self, allowed):
        self.allowed = allowed
        self.reads = []

    def ask(self, action, table, column, database, trigger):
        if action == sqlite3.SQLITE_READ:
            self.reads.append({"table": table, "column": column, "number": len(self.reads)})
        return sqlite3.SQLITE_OK if table is None or table in self.allowed else sqlite3.SQLITE_DENY


def connect():
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE sales (region TEXT, amount INTEGER)")
    connection.executemany("INSERT INTO sales VALUES (?, ?)", [(name, len(name)) for name in LABELS])
    connection.set_authorizer(ReadAudit({"sales", "sqlite_master"}).ask)
    return connection


class Reports:
    def __init__(self, connection):
        self.connection = connection
        self.totals = {}
        self.limit = 1000

    def run(self, region):
        self.limit += 1
        rows = self.connection.execute("SELECT amount FROM sales WHERE region = ? AND amount < %d" % self.limit, (region,))
        self.totals[LABELS[region]] = sum(amount for amount, in rows)


def main():
    reports = Reports(connect())
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        for _ in range(300):
            for region in LABELS:
                reports.run(region)
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
