"""What the interpreter says of its own heap, for a test program to write down before it waits.

    dump(path)    one line an object, then "end":
                  O address type size refcount referent...    on the collector's lists
                  N address type size refcount referent...    reached from one, not collected

Addresses are in hex, types are "module.qualname" of the real type. A refcount leaves out the
references of the dump itself; it is -1 where the object is immortal.
"""
import gc
import os
import sys

IMMORTAL = 0xFFFFFFFF - 0x40000000  # 3.12 and later: about 2**32, give or take what C code does


def type_name(cls):
    module = type.__dict__["__module__"].__get__(cls)
    return "%s.%s" % (module if isinstance(module, str) else "?", type.__dict__["__qualname__"].__get__(cls))


def size_of(thing):
    try:
        return sys.getsizeof(thing)
    except BaseException:
        return -1


def dump(path):
    gc.collect()
    gc.disable()
    getrefcount, getsize, referents = sys.getrefcount, size_of, gc.get_referents
    out = os.open(path + ".part", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def write(text): # no file object: it would stand in the heap that is told
        os.write(out, text.encode())
    names, others = {}, {}
    objects = gc.get_objects()
    seen = set()
    mine = {id(x) for x in (objects, names, others, seen, write, write.__closure__, write.__closure__[0])}
    for thing in objects:
        address = id(thing)
        if address in mine:
            continue
        cls = type(thing)
        name = names.get(cls)
        if name is None:
            name = names[cls] = type_name(cls).replace(" ", "_")
        count = getrefcount(thing) - 3  # the list, `thing`, the argument
        size = getsize(thing)
        found = referents(thing)
        for target in found:
            if not gc.is_tracked(target):
                others[id(target)] = target
        write("O %x %s %d %d%s\n" % (address, name, size, -1 if count > IMMORTAL else count,
                                     "".join([" %x" % id(target) for target in found])))
        del found, cls
    thing = target = None
    seen.update([id(x) for x in objects])
    del objects[:]
    while others:
        address, thing = others.popitem()
        if address in seen or address in mine:
            continue
        seen.add(address)
        cls = type(thing)
        name = names.get(cls)
        if name is None:
            name = names[cls] = type_name(cls).replace(" ", "_")
        count = getrefcount(thing) - 2  # `thing`, the argument
        size = getsize(thing)
        found = referents(thing)
        for target in found:
            if not gc.is_tracked(target):
                others[id(target)] = target
        write("N %x %s %d %d%s\n" % (address, name, size, -1 if count > IMMORTAL else count,
                                     "".join([" %x" % id(target) for target in found])))
        del found, cls
    write("end\n")
    os.close(out)
    os.rename(path + ".part", path)
