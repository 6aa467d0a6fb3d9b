"""Each transfer keeps its buffer, for the time that a device may write to it."""
import ctypes
import sys


class Device:
    def __init__(self):
        self.running = {}

    def receive(self, number):
        buffer = ctypes.create_string_buffer(16384)
        self.running[number] = (ctypes.c_uint32(number), buffer)
        ctypes.memset(buffer, number % 256, len(buffer))


device = Device()
number = 0


def step():
    global number
    for _ in range(30):
        number += 1
        device.receive(number)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
