"""A small reporting service with a database connection per report."""
import sqlite3
import sys


class Reports:
    def __init__(self):
        self.connections = []

    def run(self, rows):
        connection = sqlite3.connect(":memory:")
        connection.execute("create table r (id integer, text text)")
        connection.executemany("insert into r values (?, ?)", rows)
        self.connections.append(connection)
        return connection.execute("select count(*) from r").fetchone()[0]


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
reports = Reports()


def step():
    for n in range(20):
        reports.run([(n, "text %d" % n) for n in range(200)])


if __name__ == "__main__":
    serve(step)
