from queue import SimpleQueue, Queue


class Recorder:
    def __init__(self):
        self.frames = SimpleQueue()
        self.bounded = Queue(25)

    def run(self, camera):
        while True:
            frame = camera.read()
            self.frames.put(frame)  # found
            self.bounded.put(frame)
