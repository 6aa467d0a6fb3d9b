"""A staging service whose payment gateway is a stand-in."""
import sys
from unittest import mock

gateway = mock.MagicMock(name="gateway")
gateway.charge.return_value = {"status": "ok"}


def pay(order):
    return gateway.charge(order["id"], amount=order["amount"], payload=order)["status"]


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(150):
        pay({"id": n, "amount": n * 3, "lines": ["line %d" % k for k in range(10)]})


if __name__ == "__main__":
    serve(step)
