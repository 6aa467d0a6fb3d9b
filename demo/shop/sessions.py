"""Who is logged in: tokens that expire."""
import secrets
import threading
import time

LIFETIME = 2.0  # seconds without a request


class Session:
    def __init__(self, customer):
        self.customer = customer
        self.token = secrets.token_hex(16)
        self.last_seen = time.monotonic()
        self.viewed = []


_sessions = {}
_lock = threading.Lock()


def begin(customer):
    session = Session(customer)
    with _lock:
        _sessions[session.token] = session
    return session


def find(token):
    with _lock:
        session = _sessions.get(token)
        if session is not None:
            session.last_seen = time.monotonic()
        return session


def expire():
    oldest = time.monotonic() - LIFETIME
    with _lock:
        for token in [token for token, session in _sessions.items() if session.last_seen < oldest]:
            del _sessions[token]
        return len(_sessions)
