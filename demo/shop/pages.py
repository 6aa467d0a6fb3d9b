"""Rendered product pages: the most recently used ones are kept."""
import collections
import threading

from shop import catalogue


class PageCache:
    def __init__(self, limit):
        self.limit = limit
        self._pages = collections.OrderedDict()
        self._lock = threading.Lock()

    def get(self, sku):
        with self._lock:
            page = self._pages.get(sku)
            if page is None:
                page = self._pages[sku] = _render(catalogue.product(sku))
                if len(self._pages) > self.limit:
                    self._pages.popitem(last=False)
            else:
                self._pages.move_to_end(sku)
            return page


def _render(product):
    return ("<html><title>%s</title><body><h1>%s</h1><p>%d.%02d</p>%s</body></html>" % (
        product.name, product.name, product.cents // 100, product.cents % 100,
        "<p>Ships within two days.</p>" * 20)).encode()


product_pages = PageCache(limit=400)
