import weakref


class Model:
    def __init__(self):
        self.observers = []
        self.cleaned = []
        self.good = weakref.WeakSet()

    def observe(self, view):
        self.observers.append(weakref.ref(view))  # found

    def observe_and_forget(self, view):
        self.cleaned.append(weakref.ref(view, self.cleaned.remove))

    def observe_well(self, view):
        self.good.add(view)


class Sweeping:
    def __init__(self):
        self.observers_of = []

    def observe(self, view):
        self.observers_of.append(weakref.ref(view))

    def sweep(self):
        self.observers_of = [r for r in self.observers_of if r() is not None]


class Extension:
    def __init__(self):
        self.applications = []
        self.views = []

    def bind(self, app):
        self.applications.append(weakref.ref(app))

    def start(self, view):
        self.views.append(weakref.ref(view))
