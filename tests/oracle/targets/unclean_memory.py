"""unclean_memory.py FILE SCRIPT: runs another target in memory that is full of the address of one
object wherever it was not cleared (unclean_memory.c, which has to be preloaded)."""
import ctypes
import os
import runpy
import sys


class Marker:
    pass


# The lowest byte is 0, so that a flag which is cleared in front of unclean bytes harms no address.
tried = [Marker() for _ in range(256)]
marker = next(thing for thing in tried if not id(thing) & 255)
del tried
ctypes.c_uint64.in_dll(ctypes.CDLL(None), "unclean_memory_word").value = id(marker)
runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)), sys.argv[2]), run_name="__main__")
