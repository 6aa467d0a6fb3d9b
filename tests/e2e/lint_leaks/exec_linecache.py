"""A program that leaks: exec linecache."""
import linecache
import sys

serial = 0


def compile_rule(text):
    global serial
    serial += 1
    filename = "<rule %d>" % serial
    source = "def rule(x):\n    return " + text + "\n"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    space = {}
    exec(compile(source, filename, "exec"), space)
    return space["rule"]


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(800):
        compile_rule("x + %d" % n)(1)


if __name__ == "__main__":
    serve(step)
