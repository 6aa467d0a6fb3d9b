"""The program as `holdfast` and `python -m holdfast`: this process becomes it."""
import os
import sys

from holdfast import program


def main():
    path = program()
    try:
        os.execv(path, ["holdfast", *sys.argv[1:]])
    except OSError as error:
        sys.exit("holdfast: cannot start %s: %s" % (path, error.strerror))


if __name__ == "__main__":
    main()
