_idle = []


class Worker:
    def __del__(self):
        _idle.append(self)  # found


class Helper:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        _idle.append(self.name)
