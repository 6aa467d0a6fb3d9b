"""kill -9 of the tool, thousands of times; each kind of target in turn, a hundred kills each."""
import functools
import tempfile

from tests.e2e.freezing import checker
from tests.e2e.killing import Killer, hazard_checker, python_checker
from tests.pythons import one_per_minor
from tests.soak import turns

BATCH = 100


def kinds():
    """Name, a context with the running target, further arguments for the freeze."""
    for work in ("compute", "threads", "poll", "suspend", "nanosleep", "futex"):
        yield "C: " + work, lambda work=work: checker(work), ()
    for state in ("profiled", "births", "epoll", "clock"):
        yield "C: " + state, lambda state=state: hazard_checker(state), ()
    for python in one_per_minor():
        for threads in (1, 4):
            yield ("%s, %d thread%s" % (python.name, threads, "s" * (threads > 1)),
                   lambda python=python, threads=threads: python_checker(python, threads), ("--python",))


def batch(target, more, done, count):
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, target() as process:
        killer = Killer(process, folder, *more, seed=done.get("targets", 0))
        while killer.kills < count:
            killer.kill_once()
        killer.finish()
    done["kills"] = done.get("kills", 0) + killer.kills
    done["runs"] = done.get("runs", 0) + killer.runs
    done["targets"] = done.get("targets", 0) + 1
    done["zombies"] = max(done.get("zombies", 0), killer.most_zombies)


def run(state, wanted):
    tries = {name: functools.partial(batch, target, more) for name, target, more in kinds()}
    return turns.run(state, "kills", tries, wanted, BATCH, "kills", "harmed")


def rows(data):
    columns = ("targets", "runs", "kills", "harmed", "zombies")
    lines = [("target", *columns[:-1], "most zombies at once")]
    for name, done in sorted(data.items()):
        lines.append((name, *(done.get(column, 0) for column in columns)))
    lines.append(("all", *(sum(done.get(column, 0) for done in data.values()) for column in columns[:-1]),
                       max(done.get("zombies", 0) for done in data.values())))
    return lines
