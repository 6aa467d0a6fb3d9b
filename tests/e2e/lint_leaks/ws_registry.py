"""A chat room; each connection has an outgoing buffer."""
import sys
import uuid


class Connection:
    def __init__(self, hub, nick):
        self.id = uuid.uuid4().hex
        self.nick = nick
        self.out = bytearray(2000)
        hub.register(self)

    def close(self):
        self.out.clear()
        self.out = None


class Hub:
    def __init__(self):
        self.clients = {}
        self.rooms = {"lobby": set()}

    def register(self, connection):
        self.clients[connection.id] = connection
        self.rooms["lobby"].add(connection.nick)

    def leave(self, connection):
        self.rooms["lobby"].discard(connection.nick)
        connection.close()


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    hub = Hub()
    state = {"n": 0}

    def step():
        for _ in range(800):
            state["n"] += 1
            connection = Connection(hub, "user%d" % state["n"])
            hub.leave(connection)

    serve(step)


if __name__ == "__main__":
    main()
