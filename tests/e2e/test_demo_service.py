"""The demo's service: it leaks in one place, its other collections stay at their bound, and
nothing of it survives the one who started it."""
import http.client
import json
import pathlib
import subprocess
import sys
import time

import pytest

from tests.e2e.targets import ROOT, clean_environment, kill, state_of, wait_until

DEMO = ROOT / "demo"


def in_the_shop(python, program):
    done = subprocess.run([python.path, "-c", program], cwd=DEMO, env=clean_environment(), timeout=60,
                          stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def test_only_the_quotes_grow(python_minor):
    found = in_the_shop(python_minor, """
import json
from shop import orders, pages, pricing, sessions
sessions.LIFETIME = 0.0
skus = list(pricing.catalogue.skus())
sizes = []
for round in range(2):
    for n in range(1500):
        customer = "customer-%d-%d" % (round, n)
        sessions.begin(customer)
        quote = pricing.quote_for(customer, [(skus[n], 1), (skus[n + 1], 2)])
        orders.place(customer, quote)
        pages.product_pages.get(skus[n])
    sizes.append((sessions.expire(), len(orders.recent_orders), len(pages.product_pages._pages),
                  len(pricing._quotes)))
print(json.dumps(sizes))
""")
    assert found == [[0, 200, 400, 1500], [0, 200, 400, 3000]]


@pytest.fixture
def demo():
    process = subprocess.Popen([sys.executable, "-B", str(DEMO / "run"), "60"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, env=clean_environment())
    yield process
    kill(process)


def pid_of_service(process):
    word, pid = process.stdout.readline().split()
    assert word == b"PID"
    return int(pid)


def test_it_serves_and_ends_with_its_standard_input(demo):
    service = pid_of_service(demo)
    assert b"service.py" in pathlib.Path("/proc/%d/cmdline" % service).read_bytes()
    demo.stdin.close()
    assert demo.wait(20) == 0
    wait_until(lambda: state_of(service) is None, what="end of the service")


def test_it_ends_with_whoever_started_it(demo):
    service = pid_of_service(demo)
    demo.kill()
    wait_until(lambda: state_of(service) in (None, "Z"), what="end of the service")


def test_it_answers(any_python):
    service = subprocess.Popen([any_python.path, "-B", str(DEMO / "service.py")], stdout=subprocess.PIPE,
                               env=clean_environment())
    try:
        connection = http.client.HTTPConnection("127.0.0.1", int(service.stdout.readline().split()[1]))

        def ask(method, path, value=None):
            connection.request(method, path, json.dumps(value) if value is not None else None)
            response = connection.getresponse()
            return response.status, response.read()

        token = json.loads(ask("POST", "/login", {"customer": "ann"})[1])["token"]
        basket = {"token": token, "basket": [["sku-00001", 3]]}
        assert ask("GET", "/product/sku-00001")[0] == 200
        assert ask("GET", "/product/none")[0] == 404
        assert json.loads(ask("POST", "/quote", basket)[1])["total"] == (236 * 3 * 95 // 100 + 490) * 119 // 100
        assert json.loads(ask("POST", "/order", basket)[1]) == {"number": 1}
        assert json.loads(ask("GET", "/recent")[1])[0]["items"] == ["3 x large table no. 1"]
        time.sleep(2.8)
        assert ask("POST", "/quote", basket)[0] == 403
    finally:
        kill(service)
