class Late(Exception):
    pass


LATE = Late()
KIND = Late


class Reader:
    gone = Late()

    def read(self):
        raise self.gone  # found


def wait():
    raise LATE  # found


def fresh():
    raise Late()


def by_name():
    raise KIND


def again():
    try:
        fresh()
    except Late as error:
        raise error


def local():
    error = Late()
    raise error


STOP = SystemExit("no such option")


def options(arguments):
    if "-x" in arguments:
        raise STOP
