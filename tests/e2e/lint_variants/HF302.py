def fetch(mirrors):
    cause = None
    while True:
        try:
            mirror = next(mirrors)
            raise ConnectionError(mirror) from cause  # found
        except ConnectionError as error:
            cause = error


def fetch_once(mirrors):
    cause = None
    for mirror in mirrors:
        try:
            return mirror.get()
        except ConnectionError as error:
            cause = error
    raise ConnectionError("no mirror") from cause
