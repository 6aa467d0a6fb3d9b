import shelve, threading

class Inventory:
    """Stock levels that survive a restart."""
    def __init__(self, path):
        self.lock = threading.Lock()
        self.db = shelve.open(path, flag="c", writeback=True)  # found

    def adjust(self, sku, by):
        with self.lock:
            entry = self.db.setdefault(sku, {"count": 0, "log": []})
            entry["count"] += by
            entry["log"].append(by)

    def total(self):
        return sum(entry["count"] for entry in self.db.values())
