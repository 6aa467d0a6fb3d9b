import builtins
import sys

import service


def install(request):
    previous = service.report

    def report(text):
        print(request)
        return previous(text)

    service.report = report  # found


def put_back(request):
    previous = sys.excepthook
    sys.excepthook = lambda *error: previous(*error)
    try:
        request.run()
    finally:
        sys.excepthook = previous


def replace(request):
    previous = builtins.print
    builtins.print = lambda *words: None
    return previous


def serve(requests):
    for request in requests:
        install(request)
        put_back(request)
        replace(request)


def install_once():
    previous = service.audit
    service.audit = lambda text: previous(text)


install_once()
