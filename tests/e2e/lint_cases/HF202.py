class Client:
    def __init__(self, session):
        session.on("before-send", self.sign)  # found

    def sign(self, request):
        request.signature = 1


def handle(session, requests):
    for request in requests:
        Client(session).send(request)


class Single:
    def __init__(self, session):
        session.on("start", self.begin)

    def begin(self, request):
        pass


def setup(session):
    return Single(session)
