"""The shop as an HTTP service on loopback. Prints "PORT n" when it listens.

    POST /login    {"customer": ...}                     -> {"token": ...}
    GET  /product/SKU                                    -> a page
    POST /quote    {"token": ..., "basket": [[sku, n]]}  -> {"total": cents}
    POST /order    the same                              -> {"number": n}
    GET  /recent                                         -> the last orders
"""
import http.server
import json
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from shop import orders, pages, pricing, sessions  # noqa: E402 (the folder must be known first)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        if self.path.startswith("/product/"):
            try:
                self._answer(200, pages.product_pages.get(self.path.rpartition("/")[2]), "text/html")
            except KeyError:
                self._json(404, {"error": "no such product"})
        elif self.path == "/recent":
            latest = list(orders.recent_orders)[-10:]
            self._json(200, [{"number": order.number, "items": order.items} for order in latest])
        else:
            self._json(404, {"error": "no such page"})

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/login":
            self._json(200, {"token": sessions.begin(request["customer"]).token})
            return
        session = sessions.find(request["token"])
        if session is None:
            self._json(403, {"error": "log in first"})
            return
        quote = pricing.quote_for(session.customer, [(sku, n) for sku, n in request["basket"]])
        session.viewed.extend(line.sku for line in quote.lines)
        if self.path == "/order":
            self._json(200, {"number": orders.place(session.customer, quote).number})
        else:
            self._json(200, {"total": quote.total})

    def _json(self, status, value):
        self._answer(status, json.dumps(value).encode(), "application/json")

    def _answer(self, status, body, kind):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


def _expire_for_ever():
    while True:
        time.sleep(0.5)
        sessions.expire()


def main():
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=_expire_for_ever, name="expiry", daemon=True).start()
    print("PORT %d" % server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
