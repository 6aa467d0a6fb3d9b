class Section:
    def __init__(self, chapter):
        self.chapter = chapter

    def __del__(self):
        print("gone")


class Chapter:
    def __init__(self):
        self.sections = [Section(self)]  # found
        self.texts = [str(self)]
