"""Titles of pages are kept as match objects, each of which keeps its page."""
import re
import sys

TITLE = re.compile(r"<title>(.*?)</title>")
titles = {}
count = 0


def page(number):
    return "<html><head><title>page %d</title></head><body>%s</body></html>" % (number, "<p>words %d</p>" % number * 400)


def step():
    global count
    for _ in range(80):
        count += 1
        titles["https://example.org/%d" % count] = TITLE.search(page(count))


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
