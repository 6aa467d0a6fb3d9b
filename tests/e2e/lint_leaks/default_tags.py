"""Builds rows for a bulk insert."""
import sys


class Batch:
    def __init__(self, table, rows=list()):
        self.table = table
        self.rows = rows

    def add(self, **values):
        self.rows.append(values)

    def flush(self):
        return "INSERT INTO %s (%d rows)" % (self.table, len(self.rows))


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def work():
    for order in range(200):
        batch = Batch("orders")
        for line in range(8):
            batch.add(order=order, line=line, sku="sku-%d-%d" % (order, line))
        batch.flush()


if __name__ == "__main__":
    serve(work)
