import traceback

LAST = []


class Worker:
    def __init__(self):
        self.kept = None
        self.text = None
        self.cleared = None
        self.raised = None
        self.bare = None
        self.emptied = []

    def keep(self, job):
        try:
            job()
        except ValueError as error:
            self.kept = error  # one, and the next takes its place

    def handle_job(self, job):
        try:
            job()
        except ValueError as error:
            self.handled = error  # found

    def pass_on(self, job):
        try:
            job()
        except ValueError as error:
            self.passed = error  # found
            raise

    def say(self, job):
        try:
            job()
        except ValueError as error:
            self.text = str(error)

    def clear(self, job):
        self.cleared = None
        try:
            job()
        except ValueError as error:
            self.cleared = error

    def hand_over(self, job):
        try:
            job()
        except ValueError as error:
            self.raised = error

    def result(self):
        raise self.raised

    def strip(self, job):
        try:
            job()
        except ValueError as error:
            self.bare = error.with_traceback(None)

    def frames(self, job):
        try:
            job()
        except ValueError as error:
            traceback.clear_frames(error.__traceback__)
            self.bare = error

    def drain(self, job):
        try:
            job()
        except ValueError as error:
            self.emptied.append(error)
        self.emptied.clear()


def local(job):
    errors = []
    try:
        job()
    except ValueError as error:
        errors.append(error)
    return len(errors)


def record(job):
    try:
        job()
    except ValueError as error:
        LAST.append(error)  # found
