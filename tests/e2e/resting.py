"""Programs that seldom rest, and looking at them: each snapshot is at a safe point, or says that it is not."""
import os

from tests.e2e.targets import holdfast

NODES = 3000

# Keeps NODES objects, makes garbage of cycles all the time, and does what it is told beside that.
PROGRAM = """
import os, threading, time
class Node:
    __slots__ = "me", "list"
kept = [Node() for _ in range(%d)]
for node in kept:
    node.me, node.list = node, [node]
def churn(each=None):
    while True:
        ring = []
        for i in range(200):
            ring.append({"i": i, "ring": ring})
        if each:
            each()
def start(*arguments):
    threading.Thread(target=churn, args=arguments, daemon=True).start()
""" % NODES

# Name, what it does, whether it always comes to rest soon: it lets go of the lock now and then.
PROGRAMS = (
    ("computes alone", "ready()\nchurn()\n", False),
    ("computes and sleeps", "ready()\nchurn(lambda: time.sleep(0.001))\n", True),
    ("computes and writes", "null = os.open('/dev/null', os.O_WRONLY)\nready()\n"
                            "churn(lambda: os.write(null, b'x'))\n", True),
    ("three threads", "for _ in range(3): start()\nready()\n", True),
    ("eight threads", "for _ in range(8): start()\nready()\n", True),
    ("one thread of three computes", "start()\nfor _ in range(2):\n"
                                     "    threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
                                     "ready()\n", False),
    ("waits", "ready()\n", True),
)


def look(pid, folder):
    """Takes a snapshot; returns whether it says that it is at rest. What it says then must be true: the
    collector's lists are whole, and the objects that the program keeps are all there."""
    path = os.path.join(folder, "heap")
    holdfast("snapshot", pid, "-o", path, "--max-pause", "5s", expect=0)
    try:
        info = holdfast("info", path, "--json", "-", expect=0).json
        types = holdfast("types", path, "--json", "-", "--top", "100000", expect=0).json["types"]
    finally:
        os.unlink(path)
    if not info["at_rest"]:
        return False
    nodes = [t["objects"] for t in types if t["type"] == "__main__.Node"]
    assert nodes == [NODES], nodes
    check = info["check"]
    assert check["lists_repaired"] == check["unreadable"] == check["implausible"] == 0, check
    return True
