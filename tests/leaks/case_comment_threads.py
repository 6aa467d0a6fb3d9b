"""Comments answer other comments, of any age."""
import random
import sys

chance = random.Random(7)


class Comment:
    def __init__(self, author, text):
        self.author = author
        self.text = text
        self.replies = []


class Board:
    def __init__(self):
        self.root = Comment("editor", "What do you think?")

    def pick(self):
        comment = self.root
        while comment.replies and chance.random() < 0.85:
            comment = chance.choice(comment.replies)
        return comment

    def answer(self, author, text):
        self.pick().replies.append(Comment(author, text))


board = Board()
number = 0


def step():
    global number
    for _ in range(1500):
        number += 1
        board.answer(number % 97, "opinion %d on this" % number)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
