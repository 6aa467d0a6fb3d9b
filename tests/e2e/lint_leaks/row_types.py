"""Query results as named tuples, one type per query."""
import sys
from collections import namedtuple

row_types = {}


def run(sql, columns):
    row = row_types.get(sql)
    if row is None:
        row = row_types[sql] = namedtuple("Row", columns)
    return [row(*range(len(columns)))]


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(40):
            run("select * from t where id = %d" % next(numbers), ["id", "name", "price"])

    serve(step)


if __name__ == "__main__":
    main()
