"""Video wall: frames lie in memory of the C library, more of them when many watch, and are given back."""
import collections
import ctypes
import math
import sys

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
frames = collections.deque()
clock = 0


def step():
    global clock
    clock += 1
    wanted = int(120 + 90 * math.sin(clock / 5))
    while len(frames) > max(0, wanted - 30):
        libc.free(frames.popleft())
    while len(frames) < wanted:
        frame = libc.malloc(12_000)
        ctypes.memset(frame, 1, 12_000)
        frames.append(frame)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
