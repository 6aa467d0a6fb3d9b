class Sample:  # found
    def __init__(self, time, value):
        self.time = time
        self.value = value


class Slotted:
    __slots__ = ("time", "value")

    def __init__(self, time, value):
        self.time = time
        self.value = value


class Based(dict):
    def __init__(self, time, value):
        self.time = time
        self.value = value


class Busy:
    def __init__(self, time, value):
        self.time = time
        self.value = value
        self.start()


class Archive:
    def __init__(self):
        self.samples = []

    def load(self, rows):
        for time, value in rows:
            self.samples.append(Sample(time, value))
            self.samples.append(Slotted(time, value))
            self.samples.append(Based(time, value))
            self.samples.append(Busy(time, value))
