"""Downloads through one urllib opener, each signed with its own token."""
import collections
import sys
import urllib.request


class Signer(urllib.request.BaseHandler):
    def __init__(self, token):
        self.token = token
        self.claims = {"c%d" % n: "%s-%d" % (token, n) for n in range(10)}

    def http_request(self, request):
        request.add_header("X-Token", self.token)
        return request


class Fetcher:
    def __init__(self):
        self.opener = urllib.request.OpenerDirector()
        self.opener.add_handler(urllib.request.HTTPHandler())
        self.tokens = collections.deque(maxlen=20)

    def fetch(self, number):
        signer = Signer("token-%d" % number)
        self.opener.add_handler(signer)
        self.tokens.append(signer.token)


class Mirror:
    def __init__(self):
        self.fetcher = Fetcher()


def main():
    mirror = Mirror()
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(100):
            mirror.fetcher.fetch(next(numbers))

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
