from logging import getLogger, handlers


class Trail(handlers.MemoryHandler):
    def shouldFlush(self, _):  # found
        "Never by itself."
        return False


class Trail2(handlers.MemoryHandler):
    def shouldFlush(self, _):
        return _.levelno > 30


getLogger().addHandler(Trail(100, target=getLogger("file").handlers[0]))
