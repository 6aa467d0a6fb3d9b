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


import collections
import dataclasses


@dataclasses.dataclass
class Meter:
    values: list = dataclasses.field(default_factory=list)
    seen_values: list = dataclasses.field(default_factory=list)

    def record(self, value):
        self.values.append(value)  # found
        self.seen_values.append(value)
        del self.seen_values[:-10]


class Storage:
    def __init__(self):
        self.rows = []


class MailStorage(Storage):
    def save(self, mail):
        self.rows.append(mail)  # found


class Bus:
    def __init__(self):
        self.receivers = []
        self.per_path = collections.Counter()

    def connect(self, receiver):
        self.receivers.append(receiver)  # found

    def count(self, path, status):
        self.per_path[path, status] += 1  # found
        self.per_path[status] += 1


meter = Meter()
mails = MailStorage()
bus = Bus()


def serve_for_ever(socket):
    while not socket.closed:
        mail = socket.receive()
        meter.record(mail.size)
        mails.save(mail)
        bus.count(mail.path, mail.status)

        @bus.connect
        def answer(event):
            return mail


from sqlalchemy.orm import Session, sessionmaker


class Audit:
    def __init__(self, engine):
        self.audit = sessionmaker(engine)()
        self.orders = Session(engine)

    def handle(self, order):
        self.audit.add(order.text)  # found
        self.orders.add(order)
        self.orders.commit()


audit_of_all = Audit("sqlite://")


class Schemas:
    def __init__(self):
        self.of_models = {}
        self.of_requests = {}

    def handle_model(self, model):
        if model not in self.of_models:
            self.of_models[model] = model.schema()
        return self.of_models[model]

    def handle_answer(self, request_id, answer):
        self.of_requests[request_id] = answer  # found


schemas = Schemas()


class Window:
    def __init__(self):
        self.buttons = []
        self.window = self.main_window()

    def main_window(self):
        for mode in ("fast", "slow"):
            self.buttons.append(mode)
        return self.buttons[0]

    def show(self, menu, overlay):
        overlay(menu.main_window)


window = Window()
