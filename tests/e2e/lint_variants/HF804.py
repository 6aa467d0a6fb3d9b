from pickle import Pickler


class Journal:
    def __init__(self, stream):
        self.encoder = Pickler(stream, protocol=4)
        self.clean = Pickler(stream, protocol=4)

    def write(self, entry):
        self.encoder.dump(entry)  # found
        self.clean.dump(entry)
        self.clean.clear_memo()
