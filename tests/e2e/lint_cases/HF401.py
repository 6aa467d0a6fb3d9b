import os
import weakref


class Blob:
    def __init__(self, path):
        self.path = path
        weakref.finalize(self, self.remove)  # found

    def remove(self):
        print(self.path)


class Lambda:
    def __init__(self, path):
        self.path = path
        weakref.finalize(self, lambda: os.unlink(self.path))  # found


class Sound:
    def __init__(self, path):
        weakref.finalize(self, os.unlink, path)
        weakref.finalize(self, self.clean, path)

    @staticmethod
    def clean(path):
        os.unlink(path)
