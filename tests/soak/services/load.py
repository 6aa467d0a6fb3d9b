"""Realistic load, until standard input ends: load.py http://HOST:PORT django|fastapi, or load.py FOLDER celery."""
import http.client
import json
import pathlib
import random
import sys
import threading
import urllib.parse

where, what = sys.argv[1:]
RATE, THREADS = 60, 4
ending = threading.Event()
counts = {"requests": 0, "errors": 0}


def django(number):
    kind = number % 10
    if kind < 4:
        return "GET", "/item/%d" % random.randint(1, 3200), None, {}
    if kind < 6:
        return "GET", "/search?q=user-%d&page=%d" % (random.randint(0, 999), number % 5), None, {}
    if kind == 6:
        return "GET", "/report", None, {}
    if kind == 7:
        body = b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n" + bytes(50000) + b"\r\n--x--\r\n"
        return "POST", "/upload", body, {"Content-Type": "multipart/form-data; boundary=x"}
    return "GET", "/fails" if kind == 8 else "/missing/%d" % number, None, {}


def fastapi(number):
    kind = number % 10
    if kind < 6:
        lines = [{"sku": "sku-%d" % random.randint(0, 20100), "count": random.randint(0, 20)} for _ in range(6)]
        return ("POST", "/quote", json.dumps({"customer": "c%d" % random.randint(0, 3000), "lines": lines}).encode(),
                {"Content-Type": "application/json", "X-Session": "s%d" % (number // 20)})
    return "GET", ("/stream/200", "/slow", "/", "/missing/%d" % number)[kind - 6], None, {}


def serve(make, first):
    address, cookies, connection = urllib.parse.urlsplit(where).netloc, {}, None
    for number in range(first, sys.maxsize, THREADS):
        if ending.wait(THREADS / RATE):
            return
        method, path, body, headers = make(number)
        if number % 200 == first:
            cookies.clear()  # another visitor
        try:
            connection = connection or http.client.HTTPConnection(address, timeout=60)
            if cookies:
                headers["Cookie"] = "; ".join("%s=%s" % pair for pair in cookies.items())
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
            for cookie in answer.headers.get_all("Set-Cookie") or ():
                name, _, value = cookie.split(";")[0].partition("=")
                cookies[name] = value
            counts["requests"] += 1
            counts["errors"] += answer.status >= 500
        except (OSError, http.client.HTTPException):
            counts["errors"] += 1
            connection = None


threads = [threading.Thread(target=serve, args=({"django": django, "fastapi": fastapi}[what], n))
           for n in range(THREADS if what != "celery" else 0)]
for thread in threads:
    thread.start()
sys.stdin.read()
ending.set()
for thread in threads:
    thread.join()
if what == "celery":  # it has its producer in itself
    counts["requests"] = int(pathlib.Path(where, "requests").read_text())
print(json.dumps(counts))
