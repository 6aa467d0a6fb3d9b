import functools
import weakref

layouts = weakref.WeakKeyDictionary()
sizes = weakref.WeakKeyDictionary()


class Layout:
    def __init__(self, owner):
        self.owner = owner


class Loose:
    def __init__(self, owner):
        self.owner = weakref.ref(owner)


def layout_of(widget):
    layouts[widget] = Layout(widget)  # found


def loose_of(widget):
    layouts[widget] = Loose(widget)


def size_of(widget):
    sizes[widget] = len(widget.children)


class Pages:
    def __init__(self):
        self.known = weakref.WeakKeyDictionary()
        self.sizes = weakref.WeakKeyDictionary()

    def see(self, page):
        self.known[page] = {"page": page, "size": page.size}  # found
        self.known[page] = functools.partial(print, page)  # found
        self.known[page] = lambda: page.size  # found
        self.sizes[page] = (page.size, 1)
