try:
    pass
except E as e:
    self.x = e
except (A, B):
    pass
finally:
    pass
with open(x) as f, y: pass
async def f(a, b=[], *c, d: int, e: int = {}, **k) -> int:
    async with z as (q, r): pass
    await g()
    async for x in y: pass
a, *b = 1, 2
del x[1], y
x += 1
raise E from e
from . import x
from .. a import b as c, d
from q import *
import a.b as c, d.e
print "x"
for x in y: pass
else: pass
[a for a in b if c]
sum(a for a in b)
@dec(1)
class C(A, metaclass=B): pass
x: int = 3
(y := 4)
d[1:2, ...]
x = yield
lambda a, b=1: a
f"{x}" "a"
global p, q
a not in b
{**a, 'b': 1}
f(*a, **k)
if a: pass
elif b: pass
match x:
    case [1]: pass
try:
    pass
except* E as g: pass
