"""Ticket desk: reservations expire after a day unless they are paid."""
import sched
import sys
import time


class Reservation:
    def __init__(self, number):
        self.number = number
        self.seats = ["row %d seat %d" % (number % 40, seat) for seat in range(6)]
        self.note = "customer %d " % number * 30


class Desk:
    def __init__(self):
        self.timers = sched.scheduler(time.monotonic, time.sleep)
        self.open = {}
        self.paid = 0

    def reserve(self, number):
        reservation = Reservation(number)
        self.open[number] = reservation
        self.timers.enter(86400 + number % 100, 1, self.expire, argument=(reservation,))

    def expire(self, reservation):
        self.open.pop(reservation.number, None)

    def pay(self, number):
        del self.open[number]
        self.paid += 1

def serve(step):
    """Line protocol: READY, then one DONE per 'step', until 'quit' or EOF."""
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


def main():
    desk = Desk()
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(300):
            number = next(numbers)
            desk.reserve(number)
            if number >= 100:
                desk.pay(number - 100)
        desk.timers.run(blocking=False)

    step()
    serve(step)


if __name__ == "__main__":
    main()
