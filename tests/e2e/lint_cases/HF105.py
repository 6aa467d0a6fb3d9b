class Indexer:
    def __init__(self):
        self.submitted = {}
        self.limited = {}
        self.done = []

    def index(self, document):
        self.submitted[document.name] = document  # found

    def index_some(self, document):
        if len(self.limited) > 100:
            self.limited.clear()
        self.limited[document.name] = document

    def finish(self, document):
        self.done.append(document)

    def report(self):
        done, self.done = self.done, []
        return done


indexer = Indexer()


def serve(connection):
    while True:
        document = connection.receive()
        indexer.index(document)
        indexer.index_some(document)
        indexer.finish(document)


class Page:
    def __init__(self):
        self.words = []

    def read(self, word):
        self.words.append(word)


def pages(texts):
    for text in texts:
        page = Page()
        for word in text.split():
            page.read(word)
        yield page
