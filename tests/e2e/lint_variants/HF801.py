import csv


class City:  # found
    """One line of the file."""

    def __init__(self, name, country, people):
        self.name = name
        self.country = country
        self.people = int(people)


class Mayor:
    __slots__ = "name", "city"

    def __init__(self, name, city):
        self.name = name
        self.city = city


def cities(stream):
    found = {}
    for name, country, people, mayor in csv.reader(stream):
        found[name] = City(name, country, people)
        found[mayor] = Mayor(mayor, name)
    return found
