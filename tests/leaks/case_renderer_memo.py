"""A page renderer remembers what it has rendered."""
import sys


class Renderer:
    def __init__(self):
        self.templates = {"page%d" % n: "<p>{%d}</p>" % n for n in range(200)}
        self._done = {}

    def render(self, name, user):
        key = (name, user)
        if key not in self._done:
            self._done[key] = [self.templates[name], "user %d" % user]
        return self._done[key]


class Application:
    def __init__(self):
        self.renderer = Renderer()
        self.users = 0


app = Application()


def step():
    for n in range(2000):
        app.users += 1
        app.renderer.render("page%d" % (n % 200), app.users)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
