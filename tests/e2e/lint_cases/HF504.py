import threading


def watch(upload):
    upload.finished.wait()


def watch_a_while(upload):
    upload.finished.wait(timeout=60)


def accept(upload):
    threading.Thread(target=watch, args=(upload,), daemon=True).start()  # found
    threading.Thread(target=watch_a_while, args=(upload,), daemon=True).start()


def serve(socket):
    while True:
        accept(socket.accept())


def joined(upload):
    thread = threading.Thread(target=watch, args=(upload,))
    thread.start()
    thread.join()
