import enum
import functools
import functools as ft
from functools import cache as remember, cached_property, lru_cache

import cachetools
from methodtools import lru_cache as per_instance

memo = functools.lru_cache(maxsize=None)


def wrapped(function):
    return functools.lru_cache(maxsize=64)(function)


def unrelated(function):
    return function


class Report:
    @ft.lru_cache  # found
    def a(self): pass

    @remember  # found
    def b(self): pass

    @memo  # found
    def c(self): pass

    @wrapped  # found
    def d(self): pass

    @cachetools.cached(cache={})  # found
    def e(self): pass

    @property
    @lru_cache(1)  # found
    def f(self): pass

    @unrelated
    def g(self): pass

    @staticmethod
    @lru_cache
    def h(x): pass

    @classmethod
    @lru_cache
    def i(cls): pass

    @cached_property
    def j(self): pass

    @per_instance(maxsize=3)
    def k(self): pass

    @cachetools.cachedmethod(lambda self: self.store)
    def l(self): pass

    @lru_cache
    def __new__(cls): pass


class Colour(enum.Enum):
    RED = 1

    @lru_cache
    def m(self): pass


class Meta(type):
    @lru_cache
    def n(cls): pass


@lru_cache
def o(x): pass


def factory():
    @lru_cache
    def p(x): pass
    return p


def shadowed(lru_cache):
    class Local:
        @lru_cache
        def q(self): pass
    return Local
