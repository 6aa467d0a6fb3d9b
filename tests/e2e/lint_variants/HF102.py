import cachetools


@cachetools.cached({})  # found
def rate(base, target, day):
    return (base, target, day)


@cachetools.cached(cachetools.LRUCache(500))
def recent_rate(base, target, day):
    return (base, target, day)
