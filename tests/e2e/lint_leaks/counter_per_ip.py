"""A program that leaks: counter per ip."""
import collections
import sys

hits = collections.Counter()


def log_request(ip, path):
    hits[f"{ip}{path}"] += 1


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    state = [0]

    def step():
        for _ in range(4000):
            state[0] += 1
            log_request("10.0.0.%d" % (state[0] % 250), "/item/%d" % state[0])

    serve(step)


if __name__ == "__main__":
    main()
