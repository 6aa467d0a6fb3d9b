"""Plugins that wrap the report function each time they are reloaded."""
import sys

import types

reports = types.SimpleNamespace(render=lambda rows: len(rows))


def install(prefix):
    previous = reports.render
    banner = prefix * 200

    def render(rows):
        if len(rows) > 1000:
            return banner
        return previous(rows)

    reports.render = render


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    def step():
        for n in range(400):
            install("plugin %d " % n)

    serve(step)


if __name__ == "__main__":
    main()
