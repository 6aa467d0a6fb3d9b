"""The signature of a leak is the same on other versions, and tells after a fix that it is gone."""
from tests.e2e.targets import holdfast, target
from tests.pythons import one_per_minor

SERVICE = """
import threading, time
cache = {}
def serve():
    number = 0
    while True:
        cache["sku-%%d" %% number] = [float(number)] * 20
        number += 1
        %s
        if number %% 20 == 0:
            time.sleep(0.01)
threading.Thread(target=serve, daemon=True).start()
"""
LEAK = SERVICE % "pass"
FIXED = SERVICE % "cache.clear()"


def diagnose(process, *arguments, expect):
    return holdfast("diagnose", process.pid, "--for", "6s", "--json", "-", *arguments, expect=expect).json


def test_a_leak_is_known_again_and_its_end_is_seen():
    found = one_per_minor()
    signatures = set()
    for python in (found[0], found[-1]):
        with target(python, LEAK) as process:
            suspects = diagnose(process, expect=1)["suspects"]
        assert suspects[0]["path"] == "module __main__.cache"
        signatures.add(suspects[0]["signature"])
    assert len(signatures) == 1
    known = signatures.pop()
    with target(found[0], LEAK) as process:
        assert diagnose(process, "--verify", known, expect=1)["verified"]["verdict"] == "still-there"
    with target(found[0], FIXED) as process:
        said = diagnose(process, "--verify", known, expect=(0, 4))
    assert said["verified"]["verdict"] in ("gone", "too-early")
    assert not [s for s in said["suspects"] if s["path"] == "module __main__.cache"]
