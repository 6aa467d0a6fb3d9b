from shelve import open as open_shelf


def remember(visits):
    with_memory = open_shelf("visits.db", "c", None, True)  # found
    plain = open_shelf("visits.db", "c", None, False)
    for name, visit in visits:
        with_memory[name] = visit
        plain[name] = visit
