"""An event bus with dialogs that subscribe while they are open."""
import collections
import sys


class EventBus:
    def __init__(self):
        self._subscribers = collections.defaultdict(list)

    def subscribe(self, topic, callback):
        self._subscribers[topic].append(callback)

    def publish(self, topic, payload):
        for callback in self._subscribers[topic][-3:]:
            callback(payload)


bus = EventBus()


class Dialog:
    def __init__(self, title):
        self.title = title
        self.widgets = ["widget %d of %s" % (n, title) for n in range(30)]
        self.seen = 0
        bus.subscribe("settings-changed", self.on_settings)

    def on_settings(self, payload):
        self.seen += 1

    def close(self):
        self.widgets = None


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def open_and_close():
    for n in range(500):
        dialog = Dialog("dialog %d" % n)
        bus.publish("settings-changed", {"n": n})
        dialog.title = dialog.title.upper()


if __name__ == "__main__":
    serve(open_and_close)
