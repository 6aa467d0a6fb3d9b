"""What references are called: keys, indexes, attributes, slots, cells, locals of every thread, as sets
against what the program says of each object that it was asked."""
from tests.oracle import comparison, labels

LEAST = {"value": 20000, "index": 5000, "attribute": 1500, "cell": 100, "local": 40}


def test_references_are_called_as_in_python(python, tmp_path):
    target, path = comparison.run_target(python, "labels.py", str(tmp_path))
    try:
        compared, wrong = labels.compare(path, target.pid, str(tmp_path),
                                         borrows=python.version >= (3, 14))
    finally:
        target.kill()
        target.communicate()
    assert not wrong, "%d wrong, of %s:\n%s" % (len(wrong), dict(compared), "\n".join(wrong[:30]))
    for kind, least in LEAST.items():
        assert compared[kind] >= least, dict(compared)
