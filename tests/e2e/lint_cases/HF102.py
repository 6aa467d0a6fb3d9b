import functools

from cachetools import LRUCache, TTLCache, cached


@cached(cache={})  # found
def open_end(a):
    return a


@cached(cache=LRUCache(maxsize=10))
def limited(a):
    return a


@cached(TTLCache(10, 60))
def timed(a):
    return a


@functools.lru_cache
def default(a):
    return a
