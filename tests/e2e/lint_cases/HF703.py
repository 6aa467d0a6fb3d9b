a = sum([x * x for x in range(9)])  # found
b = any([x > 3 for x in range(9)])  # found
c = sum(x * x for x in range(9))
d = all([print(x) for x in range(9)])
e = ", ".join([str(x) for x in range(9)])
f = sum([1, 2, 3])
g = max([x for x in range(9)], [1])


async def count(resources):
    return sum([await resource.count() for resource in resources])
