_undo = []


def crop(path, box):
    with open(path, "rb") as stream:
        pixels = stream.read()
    size = len(pixels)
    _undo.append(lambda: restore(path, pixels))  # found
    _undo.append(lambda: restore(path, size))


def restore(path, what):
    return (path, what)
