"""Profiles of users, the most recent thousand of them."""
import sys


class Profile:
    def __init__(self, user):
        self.name = "user %d" % user
        self.roles = ["reader", "writer %d" % user]


class Node:
    __slots__ = ("key", "value", "older", "newer")

    def __init__(self, key, value):
        self.key = key
        self.value = value
        self.older = self.newer = None


class RecentTable:
    def __init__(self, limit):
        self.limit = limit
        self.count = 0
        self.table = {}
        self.head = self.tail = None

    def put(self, key, value):
        node = self.table[key] = Node(key, value)
        node.older = self.head
        if self.head is not None:
            self.head.newer = node
        else:
            self.tail = node
        self.head = node
        self.count += 1
        while self.count > self.limit:
            oldest = self.tail
            self.tail = oldest.newer
            self.tail.older = None
            oldest.newer = None
            self.count -= 1


class Users:
    def __init__(self):
        self.recent = RecentTable(1000)

    def profile(self, user):
        node = self.recent.table.get(user)
        if node is None:
            self.recent.put(user, Profile(user))


users = Users()


def main():
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(700):
            users.profile(next(numbers))

    step()
    serve(step)


def serve(step):
    print("READY", flush=True)
    done = 0
    while True:
        line = sys.stdin.readline()
        command = line.strip()
        if not line or command == "quit":
            break
        if command == "step":
            step()
            done += 1
            print("DONE", done, flush=True)


if __name__ == "__main__":
    main()
