"""The tools that bench_trace.py compares: how each runs a workload, and how much of it."""
import dataclasses
import shutil
import typing

from tests.e2e.targets import PROGRAM, ROOT

WORKLOAD = str(ROOT / "tests" / "bench" / "trace_program.py")
PYTHON_ALLOCATORS = "--trace-python-allocators"


@dataclasses.dataclass(frozen=True)
class Tool:
    name: str
    words: typing.Callable  # (interpreter, words of the workload) -> words of the command
    part: float = 1         # of the scale: slow ones do less
    environment: dict = dataclasses.field(default_factory=dict)
    workloads: tuple = ()   # that it is asked for; empty: all
    more: tuple = ()        # words behind those of the workload
    mark: str = ""          # behind the workload's name
    program: str = ""       # without which it cannot be had
    ours: bool = False


def holdfast(*options):
    return lambda python, words: [PROGRAM, "run", *options, "-o", "a.hftrace", python, *words]


def memray(*options):
    return lambda python, words: [python, "-m", "memray", "run", "-q", "-f", *options, "-o", "a.bin", *words]


def plain(python, words):
    return [python, *words]


NATIVE = ("churn", "json", "deep", "service", "sympy")
TOOLS = (
    Tool("holdfast run", holdfast(), ours=True),
    Tool("holdfast run --no-creators", holdfast("--no-creators"), ours=True),
    Tool("holdfast run --sample 512K", holdfast("--sample", "512K"), ours=True),
    Tool("holdfast run --native", holdfast("--native"), part=0.4, ours=True, workloads=NATIVE),
    Tool("tracemalloc, 1 frame", plain, part=0.4, more=("1",)),
    Tool("tracemalloc, 25 frames", plain, part=0.2, more=("25",)),
    Tool("memray", memray()),
    Tool("memray --aggregate", memray("--aggregate")),
    Tool("memray --native", memray("--native")),
    Tool("memray " + PYTHON_ALLOCATORS, memray(PYTHON_ALLOCATORS)),
    Tool("memray, both", memray("--native", PYTHON_ALLOCATORS), part=0.4, workloads=NATIVE),
    Tool("scalene", lambda python, words: [python, "-m", "scalene", "run", "--memory", "-o", "a.json", words[0], "---",
                                           *words[1:]]),
    Tool("memory_profiler", lambda python, words: [python, "-m", "memory_profiler", *words], part=0.2, mark="+"),
    Tool("heaptrack", lambda python, words: ["heaptrack", "-o", "a", python, *words], program="heaptrack"),
    Tool("heaptrack, PYTHONMALLOC=malloc", lambda python, words: ["heaptrack", "-o", "a", python, *words], part=0.4,
         environment={"PYTHONMALLOC": "malloc"}, program="heaptrack"),
)


def why_not(tool):
    """Why a tool cannot be had; None where it can."""
    if tool.program and not shutil.which(tool.program):
        return "no %s here" % tool.program
    return None
