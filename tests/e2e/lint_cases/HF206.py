import functools
import json


def handle(scheduler, body):
    document = json.loads(body)

    def audit():
        print(document["id"])

    scheduler.call_later(86400, audit)  # found


def handle_small(scheduler, body):
    document = json.loads(body)
    number = document["id"]

    def audit():
        print(number)

    scheduler.call_later(86400, audit)


def handle_partial(scheduler, body):
    document = json.loads(body)
    scheduler.call_later(86400, functools.partial(print, document["id"]))


def use_at_once(body):
    document = json.loads(body)

    def key(row):
        return document["order"][row]

    return sorted(document["rows"], key=key)
