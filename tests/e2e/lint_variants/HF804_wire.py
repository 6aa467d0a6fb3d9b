import io, pickle, socketserver

class Channel:
    def __init__(self, sock):
        self._out = sock.makefile("wb")
        self._pickler = pickle.Pickler(self._out, pickle.HIGHEST_PROTOCOL)

    def send(self, message):
        self._pickler.dump(message)  # found
        self._out.flush()

def pump(channel, events):
    for event in events:
        channel.send(event)
