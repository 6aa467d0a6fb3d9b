"""What both proofs of thousands of tries share: each kind in turn, the one least tried first."""
import sys
import traceback

MOST_FAILURES = 5


def run(state, part, kinds, wanted, batch_size, counted, failed):
    """Tries each of kinds, a dict of name: function(done, count), until WANTED in all are counted.

    A function adds what it did to the dict done, under the name COUNTED among others, and raises
    where something went wrong, which is counted under FAILED. True when all was done and nothing
    went wrong; after more than MOST_FAILURES it ends early."""
    failures = 0
    while True:
        total = sum(done.get(counted, 0) for done in state.data.get(part, {}).values())
        if total >= wanted or failures > MOST_FAILURES:
            return failures == 0 and total >= wanted
        name = min(kinds, key=lambda kind: state.of(part, kind).get(counted, 0))
        done = state.of(part, name)
        try:
            kinds[name](done, min(batch_size, wanted - total))
        except Exception: # whatever it was: a target was harmed, or may have been
            traceback.print_exc()
            failures += 1
            done[failed] = done.get(failed, 0) + 1
        state.save()
        print("%s: %d of %d (%s)" % (part, total, wanted, name), file=sys.stderr, flush=True)
