"""lint --with: findings are looked up in a heap; what it confirms comes first, with its bytes."""
import json
import subprocess
import sys

import pytest

from tests.e2e.targets import PROGRAM, holdfast, target

HAS_LINT = subprocess.run([PROGRAM, "lint", "--help"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0
pytestmark = pytest.mark.skipif(
    not HAS_LINT, reason="this build has no linter: the parser's sources could not be fetched")

SHOP = """import queue

_prices = {}
_small = {}
_layouts = {}


def price_for(customer, product):
    if (customer, product) not in _prices:
        _prices[(customer, product)] = [customer, product] * 20
    return _prices[(customer, product)]


def small_for(customer, product):
    if (customer, product) not in _small:
        _small[(customer, product)] = [customer, product]
    return _small[(customer, product)]


def layout_for(shape, style):
    if (shape, style) not in _layouts:
        _layouts[(shape, style)] = shape * style
    return _layouts[(shape, style)]
"""
FILL = """
import sys
sys.path.insert(0, %r)
import shop
for number in range(4000):
    shop.price_for(str(number), number)
for number in range(%d):
    shop.layout_for("ab" * 50, number)
shop.small_for("one", 1)
"""


def joined(folder, layouts, *options):
    (folder / "shop.py").write_text(SHOP)
    with target(sys.executable, FILL % (str(folder), layouts)) as process:
        holdfast("snapshot", process.pid, "-o", folder / "shop.hfheap")
    done = subprocess.run([PROGRAM, "lint", "shop.py", "--with", "shop.hfheap", "--json", "-", *options], cwd=folder,
                          timeout=120, stdout=subprocess.PIPE, check=False)
    assert done.returncode == 1
    return [(finding["code"], finding["holder"], finding["retained_bytes"])
            for finding in json.loads(done.stdout)["findings"]]


def test_confirmed_findings_come_first(tmp_path):
    first, second = joined(tmp_path, 3)
    assert first[:2] == ("HF103", "shop:_prices") and second[:2] == ("HF103", "shop:_small")
    # 4,000 entries, each with a list of 40 items, a tuple and a str of its own
    assert 4000 * (40 * 8 + 50) < first[2] < 4000 * 1000
    assert 0 < second[2] < 2000


def test_a_heap_confirms_what_is_told_with_low_confidence(tmp_path):
    assert [code for code, _, _ in joined(tmp_path, 3)] == ["HF103", "HF103"]
    found = joined(tmp_path, 2000)
    assert [holder for _, holder, _ in found] == ["shop:_layouts", "shop:_prices", "shop:_small"]
    assert found[0][0] == "HF109"


def test_what_is_selected_is_told_without_the_heap_too(tmp_path):
    assert [code for code, _, _ in joined(tmp_path, 3, "--select", "HF109")] == ["HF109"]
