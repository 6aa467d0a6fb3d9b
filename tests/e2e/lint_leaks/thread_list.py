"""A program that leaks: thread list."""
import sys
import threading


class Crawler:
    def __init__(self):
        self.threads = []
        self.seen = 0

    def fetch(self, url):
        self.seen += len(url)

    def start(self, url):
        thread = threading.Thread(target=self.fetch, args=(url * 100,))
        thread.start()
        self.threads.append(thread)
        thread.join()


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    crawler = Crawler()

    def step():
        for n in range(150):
            crawler.start("http://host/%d" % n)

    serve(step)


if __name__ == "__main__":
    main()
