"""Deques that are used as queues, against what was done to them."""
from tests.oracle import comparison, exported


def test_a_deque_from_which_things_were_taken_is_a_queue(every_minor, tmp_path):
    target, path = comparison.run_target(every_minor, "queues.py", str(tmp_path))
    truth, found, _ = exported.look(target, path, tmp_path)
    flagged = {kind: ["queue" in found[address]["flags"] for address in addresses]
               for kind, addresses in truth.items()}
    assert all(flagged["queues"]) and not any(flagged["others"]), flagged
