import sys, csv

class LogReader:
    def __init__(self, stream):
        self.stream = stream

    def __iter__(self):
        for row in csv.DictReader(self.stream):
            yield {key: sys.intern(value) for key, value in row.items()}  # found

def tags(lines):
    for line in lines:
        fields = line.split("\t")
        yield [sys.intern(field) for field in fields]  # found
