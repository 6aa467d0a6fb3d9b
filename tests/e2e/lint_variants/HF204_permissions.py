import weakref

class PermissionCache:
    def __init__(self, backend):
        self.backend = backend
        self.per_user = weakref.WeakKeyDictionary()

    def for_user(self, user):
        granted = self.per_user.get(user)
        if granted is None:
            granted = self.per_user[user] = Grants(user, self.backend.load(user.name))  # found
        return granted

class Grants:
    def __init__(self, user, names):
        self.user = user
        self.names = frozenset(names)
