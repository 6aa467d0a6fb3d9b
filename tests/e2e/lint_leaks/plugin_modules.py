"""Customer scripts are loaded as modules."""
import importlib.util
import sys
import types

SOURCE = "LIMIT = {0}\ndef price(x):\n    return min(x, LIMIT)\n" + "# filler\n" * 20


def load(number):
    name = "customer_%d" % number
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(SOURCE.format(number), name, "exec"), module.__dict__)
    return module


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(250):
            load(next(numbers)).price(10)

    serve(step)


if __name__ == "__main__":
    main()
