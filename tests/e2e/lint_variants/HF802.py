from collections import namedtuple


class Importer:
    def handle_line(self, line, columns):
        Line = namedtuple("Line", columns)  # found
        return self.store(Line(*line.split(",")))


Pair = namedtuple("Pair", ["a", "b"])


class Exporter:
    def handle_line(self, line):
        return self.store(Pair(*line.split(",")))
