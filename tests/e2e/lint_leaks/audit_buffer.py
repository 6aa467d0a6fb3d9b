"""Audit lines are collected and written out when somebody asks."""
import io
import sys


class AuditLog:
    def __init__(self):
        self._buffer = io.StringIO()
        self._count = 0

    def write(self, user, action):
        self._count += 1
        self._buffer.write("%08d %s %s\n" % (self._count, user, action))

    def tail(self):
        return self._buffer.getvalue()[-200:]


audit = AuditLog()


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(20000):
        audit.write("user%d" % (n % 100), "edit document %d" % n)
    audit.tail()


if __name__ == "__main__":
    serve(step)
