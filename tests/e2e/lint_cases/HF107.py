import shelve
from shelve import open as open_shelf

kept = shelve.open("kept", writeback=True)  # found
plain = shelve.open("plain")
off = shelve.open("off", writeback=False)
alias = open_shelf("alias", "c", None, True)  # found


def store(key, record):
    kept[key] = record
    plain[key] = record
    alias[key] = record
