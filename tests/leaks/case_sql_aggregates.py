"""Each survey makes an aggregate of its own for one connection of sqlite3, under a name that nobody uses again."""
import sqlite3
import sys


def weighted(weights):
    class Weighted:
        """The mean of answers, by who gave them."""

        def __init__(self):
            self.sum = self.count = 0

        def step(self, group, answer):
            self.sum += answer * weights[group % len(weights)]
            self.count += 1

        def finalize(self):
            return self.sum / self.count if self.count else None

    return Weighted


class Surveys:
    def __init__(self):
        self.database = sqlite3.connect(":memory:")
        self.database.execute("create table answer (person integer, value real)")
        self.database.executemany("insert into answer values (?, ?)", ((n, n / 3) for n in range(8)))
        self.made = 0

    def mean(self, survey):
        self.made += 1
        name = "weighted_%d" % self.made
        self.database.create_aggregate(name, 2, weighted([1 + (survey + n) / 7 for n in range(60)]))
        return self.database.execute("select %s(person, value) from answer" % name).fetchone()[0]


surveys = Surveys()


def step():
    for survey in range(60):
        surveys.mean(survey)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
