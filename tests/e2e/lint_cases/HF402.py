KEPT = []


class Back:
    def __del__(self):
        KEPT.append(self)  # found


class Raises:
    def __del__(self):
        raise RuntimeError("no")  # found


class Closes:
    def __init__(self, stream):
        self.stream = stream

    def __del__(self):
        try:
            self.stream.close()
        except OSError:
            pass
