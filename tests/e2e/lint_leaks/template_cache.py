"""A program that leaks: template cache."""
import re
import string
import sys


class Templates:
    _compiled = {}

    @classmethod
    def get(cls, source):
        template = cls._compiled.get(source)
        if template is None:
            template = string.Template(source)
            cls._compiled[source] = template
        return template

    @classmethod
    def render(cls, source, **values):
        return cls.get(source).substitute(values)


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
        for _ in range(1000):
            Templates.render("Dear customer %d, $text" % next(numbers), text="hello")

    serve(step)


if __name__ == "__main__":
    main()
