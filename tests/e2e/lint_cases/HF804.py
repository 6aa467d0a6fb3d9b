import pickle


def send(records, stream):
    pickler = pickle.Pickler(stream)
    for record in records:
        pickler.dump(record)  # found


def fresh(records, stream):
    for record in records:
        pickle.Pickler(stream).dump(record)


def once(record, stream):
    pickler = pickle.Pickler(stream)
    pickler.dump(record)
