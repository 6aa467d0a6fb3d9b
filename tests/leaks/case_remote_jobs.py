"""Each job registers a function of its own at the dispatcher."""
import sys
import xmlrpc.server


class Job:
    def __init__(self, number):
        self.number = number
        self.parts = ["part %d of job %d" % (part, number) for part in range(8)]

    def state(self):
        return self.number


dispatcher = xmlrpc.server.SimpleXMLRPCDispatcher()
number = 0


def step():
    global number
    for _ in range(200):
        number += 1
        dispatcher.register_function(Job(number).state, "job%d" % number)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
