"""A scheduler with a heap of timers and lazy cancellation."""
import heapq
import itertools
import sys


class Timer:
    def __init__(self, due, action, arguments):
        self.due = due
        self.action = action
        self.arguments = arguments
        self.cancelled = False

    def cancel(self):
        self.cancelled = True


class Scheduler:
    def __init__(self):
        self.heap = []
        self.now = 0.0
        self.order = itertools.count()

    def call_later(self, delay, action, *arguments):
        timer = Timer(self.now + delay, action, arguments)
        heapq.heappush(self.heap, (timer.due, next(self.order), timer))
        return timer

    def advance(self, seconds):
        self.now += seconds
        while self.heap and self.heap[0][0] <= self.now:
            _, _, timer = heapq.heappop(self.heap)
            if not timer.cancelled:
                timer.action(*timer.arguments)


class Delivery:
    def __init__(self, number):
        self.number = number
        self.address = "Street %d, Town %d" % (number, number % 99)
        self.state = "open"

    def expire(self):
        self.state = "expired"


class Dispatcher:
    def __init__(self):
        self.scheduler = Scheduler()
        self.open = {}

    def take(self, number):
        delivery = Delivery(number)
        timeout = self.scheduler.call_later(86400.0, delivery.expire)
        self.open[number] = (delivery, timeout)
        self.scheduler.call_later(0.5, self.finish, number)

    def finish(self, number):
        delivery, timeout = self.open.pop(number)
        delivery.state = "done"
        timeout.cancel()


def main():
    dispatcher = Dispatcher()
    numbers = itertools.count()

    def step():
        for _ in range(150):
            dispatcher.take(next(numbers))
            dispatcher.scheduler.advance(0.01)

    for _ in range(5):
        step()
    serve(step)


def serve(step):
    print("READY", flush=True)
    done = 0
    while True:
        line = sys.stdin.readline()
        command = line.strip()
        if not line or command == "quit":
            break
        if command == "step":
            step()
            done += 1
            print("DONE", done, flush=True)


if __name__ == "__main__":
    main()
