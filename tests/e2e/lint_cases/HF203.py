import linecache
import logging
import sys
import types


class Connection:
    def __init__(self, number):
        self.log = logging.getLogger("connection.%d" % number)  # found


class Named:
    def __init__(self, number):
        self.log = logging.getLogger(__name__)


def serve(socket):
    while True:
        Connection(socket.accept())
        Named(socket.accept())


def load(texts):
    for number, text in enumerate(texts):
        name = f"plugin_{number}"
        sys.modules[name] = types.ModuleType(name)  # found


log = logging.getLogger("fixed")
