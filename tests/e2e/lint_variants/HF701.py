import pathlib


def longest(path):
    best = ""
    for entry in path.open().read().split("\n"):  # found
        best = max(best, entry, key=len)
    with path.open() as stream:
        for entry in stream:
            best = max(best, entry, key=len)
    return best
