"""Functions of which each line must be counted: control flow of all kinds, each run by run().

line_cases.py prints, as JSON, {name: [what holdfast counts, what sys.settrace() counts]} of those where the two differ, or
where a function returns something else while it is counted."""
import asyncio
import contextlib
import inspect
import json
import sys


def loops(n):
    total = 0
    for i in range(n):
        total += i
        total ^= 3
    while total > 5:
        total -= 1
        if total == 7:
            continue
        if total == 6:
            break
    else:
        total = 77
    while True:
        total += 1
        if total > 9:
            break
    return total


def loops_of_one_line(n):
    for i in range(n): n += 1  # noqa: E701
    while n: n -= 1  # noqa: E701
    while n < 7: n += 1  # noqa: E701
    while n > 100 and (n % 7 or n % 5): n -= 1  # noqa: E701
    return n


def conditions_of_many_lines(n):
    found = []
    for i in range(n):
        if (i % 2 or
                i % 3) and n: found.append(1 if  # noqa: E701
                                           i else 2)
        while (i > 3 or
               found == []): i, found = 0, [7]  # noqa: E701
    return (found and
            n) or found


def conditions(n):
    found = 0
    for i in range(n):
        found += 1 if i % 2 else 2
        found += (1
                  if i % 3 else
                  2)
        if i == 1 or i == 3: found += 1  # noqa: E701
        elif i == 2:
            found += 5
        if (i and
                n or
                found):
            found += 1
        for j in range(2):
            found += j if j else 3
    assert found, \
        "no"
    return [max(n,
                n + 1),
            found]


def comprehensions(n):
    a = [i for i in range(n) if i % 2 and i or
         i == 4]
    b = {i: j for i in a for j in a
         if j}
    c = sum(k for k in a)
    return a, b, c, sorted(a, key=lambda z: -z)


def comprehensions_of_many_lines(n):
    a = [(i,
          j)
         for i in range(n)
         for j in
         range(i)
         if i != j]
    b = {i
         for i, _ in a}
    for i in range(3):
        b |= {k: [k
                  for k in range(k)]
              for k in a[0]}.keys()
        if i == 1:
            continue
    c = sum(
        k
        for k in b
    ) + len([
        k for k in b if
        k])
    return [k
            for k in sorted(b)] or c


def exceptions(n):
    rows = []
    for i in range(n):
        try:
            rows.append(10 // (i - 2))
        except ZeroDivisionError as error:
            rows.append(str(error))
        else:
            rows.append("else")
        finally:
            rows.append("finally")
    try:
        try:
            raise ValueError
        finally:
            rows.append(1)
    except ValueError:
        rows.append(2)
    for i in range(n):
        try:
            if i == 1:
                continue
            if i == 3:
                break
        finally:
            rows.append(-i)
    return rows


def contexts(n):
    with contextlib.suppress(ValueError):
        n += 1
    with contextlib.suppress(ValueError), \
            contextlib.suppress(KeyError):
        n += 1
    with contextlib.suppress(ValueError):
        return n


def recursion(n):
    if n:
        return recursion(n - 1) + 1
    return 0


def recursion_that_raises(n):
    try:
        if n == 0:
            raise KeyError
        recursion_that_raises(n - 1)
    except KeyError:
        if n < 3:
            raise
        return n


def generator(n):
    x = 0
    while x < n:
        x += 1
        yield x
        yield \
            x
    yield from range(x)
    yield from (i for i in
                range(3))


def generator_that_recurs(n):
    yield n
    if n:
        yield from generator_that_recurs(n - 1)
    for x in (1, 2):
        yield x


def generator_that_is_thrown_into(n):
    def inner():
        while True:
            try:
                x = yield n
            except ValueError:
                yield x
    one = inner()
    found = [next(one), one.send(4), one.throw(ValueError), next(one)]
    one.close()
    return found


async def steps():
    for i in range(3):
        await asyncio.sleep(0)
        yield i


class Context:
    async def __aenter__(self):
        await asyncio.sleep(0)
        return 5

    async def __aexit__(self, *error):
        await asyncio.sleep(0)


async def coroutine(n):
    total = 0
    for i in range(n):
        await asyncio.sleep(0)
        total += i

    async def inner(k):
        for _ in range(k):
            await asyncio.sleep(0)
        return k
    found = await asyncio.gather(*[inner(k) for k in range(4)])
    async for step in steps():
        total += step
    async with Context() as more:
        total += more
    return total, found


async def generator_that_waits(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i
        try:
            yield i + 1
        finally:
            i = 0


def closures(n):
    k = 3

    def inner(q):
        nonlocal k
        k += q
        return k

    class Local:
        y = n

        def method(self):
            return self.y
    return [inner(i) for i in range(n)], Local().method()


def nothing(n):
    pass


# More constants and longer jumps than fit into a byte.
exec("def long(n):\n  t = 0\n  for i in range(n):\n    if i == 2:\n      continue\n" +
     "".join("    t += %d.5\n" % (1000 + k) for k in range(700)) +
     "    if t > 1e9:\n      break\n  while t > 1e7: t -= 1e6\n  return t")

FUNCTIONS = (loops, loops_of_one_line, conditions, conditions_of_many_lines, comprehensions, comprehensions_of_many_lines,
             exceptions, contexts, recursion, recursion_that_raises,
             generator, generator_that_recurs, generator_that_is_thrown_into, coroutine, generator_that_waits, closures,
             nothing, globals()["long"])


def run(function):
    if inspect.iscoroutinefunction(function):
        return asyncio.run(function(5))
    if inspect.isasyncgenfunction(function):
        async def collect():
            return [item async for item in function(5)]
        return asyncio.run(collect())
    return list(function(5)) if inspect.isgeneratorfunction(function) else function(5)


def codes(code):
    return {code}.union(*(codes(one) for one in code.co_consts if inspect.iscode(one)))


def counted(function):
    """What holdfast counts of a function without its first line, and what it returns."""
    from holdfast.memory_profiler import LineProfiler

    profiler = LineProfiler()
    profiler.add_function(function)
    with profiler:
        returned = run(function)
    (rows,) = profiler.code_map.values()
    return {line: row[2] for line, row in rows.items() if line != function.__code__.co_firstlineno}, returned


def traced(function):
    """The same, of sys.settrace()."""
    counts, wanted = {}, codes(function.__code__)

    def on_line(frame, what, argument):
        if what == "line" and frame.f_lineno != function.__code__.co_firstlineno:
            counts[frame.f_lineno] = counts.get(frame.f_lineno, 0) + 1
        return on_line

    sys.settrace(lambda frame, what, argument: on_line if frame.f_code in wanted else None)
    try:
        returned = run(function)
    finally:
        sys.settrace(None)
    return counts, returned


if __name__ == "__main__":
    pairs = {function.__name__: (counted(function), traced(function)) for function in FUNCTIONS}
    print(json.dumps({name: [str(one), str(other)] for name, (one, other) in pairs.items() if one != other}))
