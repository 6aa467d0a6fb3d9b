"""Label printer: labels are made by the C library, beside a batch of jobs that fills and is handed on."""
import ctypes
import sys

libc = ctypes.CDLL(None)
libc.strdup.restype = ctypes.c_void_p
libc.strdup.argtypes = [ctypes.c_char_p]
catalogue = [{"plate": number, "size": (number % 40, number % 7)} for number in range(60_000)]
batch = []


def step():
    if len(batch) > 12_000:
        batch.clear()
    for number in range(60):
        libc.strdup(b"plate %d" % number * 300)
    batch.extend({"job": number, "plate": catalogue[number]} for number in range(2500))


def main():
    for _ in range(6):
        step()
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
