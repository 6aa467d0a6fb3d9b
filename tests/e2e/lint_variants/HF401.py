import weakref


class Spool:
    def __init__(self, path):
        self.path = path
        self._finalizer = weakref.finalize(self, self.remove)  # found

    def remove(self):
        return self.path


class Tape:
    def __init__(self, path):
        self.path = path
        self._finalizer = weakref.finalize(self, remove, path)


def remove(path):
    return path
