"""What programs import from memory_profiler, by the same names: `from holdfast.memory_profiler import ...`.

    python -m holdfast.memory_profiler [--precision N] [-o FILE] SCRIPT [ARGUMENT...]

runs a script in which `profile` is known, and prints the memory of each line of what it has decorated when it ends."""
import argparse
import builtins
import runpy
import sys

from holdfast.profiling import LineProfiler, profile, show_results
from holdfast.usage import memory_usage

__all__ = ["LineProfiler", "memory_usage", "profile", "show_results"]


def main():
    parser = argparse.ArgumentParser(prog="python -m holdfast.memory_profiler")
    parser.add_argument("--precision", type=int, default=3)
    parser.add_argument("-o", dest="output", help="write there, and not to standard output")
    parser.add_argument("--backend", default="psutil")
    parser.add_argument("--include-children", action="store_true")
    parser.add_argument("script")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    words = parser.parse_args()
    backend = None if words.backend == "psutil" else words.backend
    profiler = LineProfiler(backend=backend, include_children=words.include_children)
    builtins.profile = profiler
    sys.argv = [words.script, *words.arguments]
    try:
        runpy.run_path(words.script, run_name="__main__")
    finally:
        if words.output:
            with open(words.output, "w") as stream:
                show_results(profiler, stream, words.precision)
        else:
            show_results(profiler, None, words.precision)


if __name__ == "__main__":
    main()
