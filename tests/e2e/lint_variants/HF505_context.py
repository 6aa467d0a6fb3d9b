import threading
from concurrent.futures import ThreadPoolExecutor

_state = threading.local()
pool = ThreadPoolExecutor(8)

def queries():
    if not hasattr(_state, "queries"):
        _state.queries = []
    return _state.queries

def execute(cursor, sql):
    cursor.execute(sql)
    if not hasattr(_state, "statements"):
        _state.statements = []
    _state.statements.append(sql)  # found

def handle(request):
    for sql in request.statements:
        execute(request.cursor, sql)

def serve(requests):
    while True:
        pool.submit(handle, requests.get())
