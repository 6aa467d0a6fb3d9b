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


def remembered(function):
    results = {}

    def wrapper(*args):
        if args not in results:
            results[args] = function(*args)  # found
        return results[args]

    return wrapper


def remembered_some(function):
    results = {}

    def wrapper(*args):
        if len(results) > 100:
            results.clear()
        if args not in results:
            results[args] = function(*args)
        return results[args]

    return wrapper


def remembered_once(function):
    results = {}

    def wrapper(*args):
        if "result" not in results:
            results["result"] = function(*args)
        return results["result"]

    return wrapper


def multiton(cls):
    instances = {}

    def get_instance(key):
        if key not in instances:
            instances[key] = cls(key)
        return instances[key]

    return get_instance
