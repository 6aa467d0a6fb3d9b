"""Login service; verified tokens are cached for a second."""
import hashlib
import sys
import time


class TTLCache:
    def __init__(self, seconds):
        self.seconds = seconds
        self._entries = {}
        self.hits = self.misses = 0

    def get(self, key):
        entry = self._entries.get(key)
        if entry is None:
            self.misses += 1
            return None
        value, until = entry
        if until < time.monotonic():
            del self._entries[key]
            return None
        self.hits += 1
        return value

    def set(self, key, value):
        self._entries[key] = (value, time.monotonic() + self.seconds)


class Token:
    def __init__(self, text):
        self.subject = "user-%s" % text[:6]
        self.scopes = ["read", "write"]
        self.claims = {"iss": "https://login.example", "digest": text}


class Login:
    def __init__(self):
        self.tokens = TTLCache(1.0)
        self.failures = {}
        self.users = {"user%d" % n: {"mail": "u%d@example.org" % n} for n in range(6000)}

    def check(self, number):
        text = hashlib.sha1(b"token %d" % number).hexdigest()
        token = self.tokens.get(text)
        if token is None:
            token = Token(text)
            self.tokens.set(text, token)
        self.failures["ip%d" % (number % 2500)] = number
        return token


class Middleware:
    def __init__(self, inner):
        self.inner = inner

    def __call__(self, number):
        return self.inner(number)

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
    login = Login()
    application = Middleware(Middleware(login.check))
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(400):
            application(next(numbers))

    step()
    serve(step)


if __name__ == "__main__":
    main()
