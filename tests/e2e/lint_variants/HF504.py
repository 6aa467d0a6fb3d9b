from threading import Thread


def ping(peer):
    while True:
        peer.ping()


def ping_once(peer):
    peer.ping()


def on_connect(peer):
    Thread(target=ping, args=(peer,)).start()  # found
    Thread(target=ping_once, args=(peer,)).start()
