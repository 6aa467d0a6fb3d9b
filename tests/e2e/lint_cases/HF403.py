import gc
import weakref


class Node:
    def __init__(self, tag, parent=None):
        self.parent = parent
        self.children = []

    def add(self, tag):
        self.children.append(Node(tag, self))  # found

    def __del__(self):
        print("gone")


class Loose:
    def __init__(self, tag, parent=None):
        self.parent = weakref.ref(parent) if parent else None
        self.children = []

    def add(self, tag):
        self.children.append(Loose(tag, self))

    def __del__(self):
        print("gone")


class Plain:
    def __init__(self, tag, parent=None):
        self.parent = parent
        self.children = []

    def add(self, tag):
        self.children.append(Plain(tag, self))
