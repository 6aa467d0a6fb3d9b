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
