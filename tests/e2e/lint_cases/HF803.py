class Timeline:
    def __init__(self):
        self.thumbnails = []
        self.copies = []
        self.text = []

    def add(self, frame):
        self.thumbnails.append(frame[::32, ::32])  # found

    def add_copy(self, frame):
        self.copies.append(frame[::32, ::32].copy())

    def add_text(self, line):
        self.text.append(line[:80])


def local(frame):
    rows = []
    rows.append(frame[::32, ::32])
    return len(rows)
