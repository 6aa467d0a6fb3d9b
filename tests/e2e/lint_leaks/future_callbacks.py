"""A program that leaks: future callbacks."""
import concurrent.futures
import sys
import threading

results = {}
lock = threading.Lock()


def work(number):
    return bytes(500 + number % 10)


def done(future):
    with lock:
        results[id(future)] = future


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    pool = concurrent.futures.ThreadPoolExecutor(2)

    def step():
        futures = [pool.submit(work, n) for n in range(500)]
        for future in futures:
            future.add_done_callback(done)
        concurrent.futures.wait(futures)

    serve(step)


if __name__ == "__main__":
    main()
