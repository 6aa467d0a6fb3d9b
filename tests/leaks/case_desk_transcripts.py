"""What operators say is added to one text for each in a dict."""
import sys


class Desk:
    def __init__(self):
        self.transcripts = {}

    def say(self, operator, text):
        self.transcripts[operator] = self.transcripts.get(operator, "") + text


desk = Desk()
count = 0


def calls():
    global count
    for _ in range(800):
        count += 1
        desk.say("operator-%d" % (count % 40), "%06d: %s\n" % (count, "was told to try again, which helped a little; " * 3))


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        calls()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
