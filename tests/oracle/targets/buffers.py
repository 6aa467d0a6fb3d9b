"""Objects whose bytes lie elsewhere, with what the program itself knows of them: buffers.py FILE
[LIBRARY...] writes it as JSON and waits until its standard input closes.

Each entry: what it is, its address, the bytes that it alone owns outside of itself ("owned"; by the
program's own account), how much is in it where that is asked ("length"), and the addresses of the objects that it keeps alive ("holds"). Libraries
(numpy, pandas, pillow) are used where they are named.
"""
import array
import ctypes
import io
import json
import mmap
import os
import pickle
import sys
import tempfile

held, entries = [], []
PAGE = mmap.PAGESIZE


def tell(what, thing, owned, *holds, length=None):
    held.append((thing, holds))
    entries.append({"what": what, "address": id(thing), "owned": owned, "holds": [id(h) for h in holds],
                    "length": length})
    return thing


def standard_library():
    store = tell("bytearray", bytearray(100_000), 100_001)
    del store[:10]
    view = tell("memoryview", memoryview(store), 0, store)
    tell("slice of a memoryview", view[10:50], 0, store)
    tell("memoryview of a memoryview", memoryview(view), 0, store)
    text = bytes(50_000)
    tell("memoryview of bytes", memoryview(text), 0, text)
    numbers = array.array("d", range(10_000))
    tell("array", numbers, sys.getsizeof(numbers) - sys.getsizeof(array.array("d")))
    tell("memoryview of an array", memoryview(numbers), 0, numbers)
    tell("empty array", array.array("q"), 0)
    tell("empty bytearray", bytearray(), 0)
    tell("anonymous mmap", mmap.mmap(-1, 10 * PAGE), 10 * PAGE)
    private = tell("private mmap", mmap.mmap(-1, 3 * PAGE, flags=mmap.MAP_PRIVATE), 3 * PAGE)
    tell("memoryview of an mmap", memoryview(private), 0, private)
    closed = mmap.mmap(-1, PAGE)
    closed.close()
    tell("closed mmap", closed, 0)
    with tempfile.TemporaryFile(dir=os.path.dirname(sys.argv[1])) as file:
        file.truncate(8 * PAGE)
        tell("mmap of a file", mmap.mmap(file.fileno(), 8 * PAGE), 0)
    stream = io.BytesIO(b"x" * 30_000)
    stream.seek(0, 2)
    stream.write(b"y" * 10)
    tell("BytesIO", stream, 0, length=30_010)
    tell("getbuffer", stream.getbuffer(), 0)
    shared = io.BytesIO(text)
    tell("BytesIO of shared bytes", shared, 0, text)
    tell("pickle buffer", pickle.PickleBuffer(store), 0, store)
    large = (ctypes.c_double * 5000)()
    tell("ctypes array", large, ctypes.sizeof(large))
    tell("small ctypes array", (ctypes.c_char * 4)(), 0)
    tell("ctypes over a buffer", (ctypes.c_char * 64).from_buffer(store), 0)
    tell("item of a ctypes array", ((ctypes.c_int * 100) * 100)()[3], 0)
    pointer = tell("ctypes pointer", ctypes.pointer(large), 0)
    tell("what it points to", pointer.contents, 0)
    written = io.StringIO("z" * 2000)
    written.seek(0, 2)
    written.write("written behind it")
    tell("StringIO", written, 0, length=2_017)


def numpy():
    import numpy as np
    big = np.zeros((300, 200))
    tell("ndarray", big, big.nbytes, big.dtype)
    rows = tell("view", big[10:20, ::2], 0, big)
    tell("overlapping view", big[5:15], 0, big)
    tell("view of a view", rows.T, 0, big)
    tell("Fortran order", np.ones((30, 40), order="F", dtype="i2"), 30 * 40 * 2)
    tell("number", np.array(2.5), 8)
    store = bytearray(4000)
    over = np.frombuffer(store, dtype="f8")
    tell("frombuffer", over, 0, over.base)
    tell("its base", over.base, 0, store)
    tell("interface", np.asarray(memoryview(store)), 0)
    thing, other = ["thing"], {"other": 1}
    tell("objects", np.array([thing, other, None], dtype=object), 3 * 8, thing, other)
    pair = np.zeros(3, dtype=[("n", "i4"), ("o", object), ("m", [("x", "f8"), ("p", object)])])
    pair["o"][1], pair["m"]["p"][2] = thing, other
    tell("struct with objects", pair, pair.nbytes, thing, other)
    titled = np.zeros(2, dtype=[(("title", "name"), object), ("x", "u1")])
    titled["name"][1] = thing
    tell("titled field", titled, titled.nbytes, thing)
    table = np.zeros(2, dtype=[("a", object, (2, 2)), ("b", "f4")])
    table["a"][1, 1, 0] = other
    tell("field of several objects", table, table.nbytes, other)
    tell("view of a struct", pair[1:], 0, pair)
    single = np.array(thing + [0], dtype=object)[:1].copy().reshape(())
    tell("an object alone", single, 0)
    with tempfile.NamedTemporaryFile(dir=os.path.dirname(sys.argv[1])) as file:
        mapped = np.memmap(file, dtype="f4", shape=(4096,), mode="w+")
        tell("memmap", mapped, 0, mapped.base)
        tell("mmap under it", mapped.base, 0)
    tell("on anonymous mmap", np.frombuffer(mmap.mmap(-1, 5 * PAGE), dtype="u1"), 0)


def pandas():
    import numpy as np
    import pandas as pd
    frame = pd.DataFrame({"a": np.arange(5000), "b": np.arange(5000) * 2.0,
                          "c": np.arange(5000) + 1, "s": pd.Series(list("xyzw") * 1250, dtype=object)})
    frame["late"] = np.ones(5000)
    arrays, total = {}, 0
    for block in frame._mgr.blocks:
        values = block.values
        while getattr(values, "base", None) is not None:
            values = values.base
        arrays[id(values)] = values
    for values in arrays.values():
        tell("block of a frame", values, values.nbytes)
        total += values.nbytes
    assert total == frame.memory_usage(index=False).sum()
    held.append(frame)


def pillow():
    from PIL import Image
    for mode, pixel in (("RGB", 4), ("RGBA", 4), ("L", 1), ("F", 4)):
        image = Image.new(mode, (640, 480))
        held.append(image)
        # Beside the pixels, a table of lines.
        tell("picture " + mode, image.im, 640 * 480 * pixel + 480 * 8)


def main():
    standard_library()
    for library in sys.argv[2:]:
        globals()[library]()
    with open(sys.argv[1] + ".part", "w", encoding="utf-8") as file:
        json.dump(entries, file)
    os.rename(sys.argv[1] + ".part", sys.argv[1])
    sys.stdin.read()


main()
