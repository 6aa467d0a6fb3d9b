"""gc.freeze() before each fork freezes the garbage of that moment."""
import collections
import gc
import sys


class Step:
    def __init__(self, plan, name):
        self.plan = plan
        self.name = name
        self.inputs = {"name": name, "size": len(name)}


class Plan:
    def __init__(self, number):
        self.number = number
        self.steps = [Step(self, "step-%d" % n) for n in range(15)]


results = collections.deque(maxlen=100)
numbers = iter(range(10 ** 9))


def run_plan():
    plan = Plan(next(numbers))
    results.append(sum(len(step.name) for step in plan.steps))


def before_fork():
    gc.freeze()


def work():
    for n in range(80):
        run_plan()
        if n % 8 == 7:
            before_fork()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        work()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
