import json
import urllib.request

import requests


def a(path):
    with open(path) as stream:
        for line in stream.readlines():  # found
            print(line)


def b(path):
    with open(path) as stream:
        lines = stream.read().splitlines()  # found
        for line in lines:
            print(line)


def c(path):
    with open(path) as stream:
        lines = stream.readlines()
        for line in lines:
            print(line)
        return lines


def d(path):
    with open(path) as stream:
        lines = stream.readlines()
    for line in lines:
        print(line)


def e(stream):
    for line in stream.readlines(1000):
        print(line)


def f(text):
    for line in text.splitlines():
        print(line)


def answer(url):
    reply = requests.get(url)
    for line in reply.text.splitlines():  # found
        yield json.loads(line)


def decoded(url):
    for line in urllib.request.urlopen(url).read().decode().splitlines():  # found
        yield line


def records(path):
    with open(path) as stream:
        for record in json.loads("[" + ",".join(stream.readlines()) + "]"):  # found
            yield record


def document(path):
    with open(path) as stream:
        for record in json.load(stream):
            yield record


def one_document(path):
    with open(path) as stream:
        for record in json.loads(stream.read()):
            yield record


def label_lines(label):
    for line in label.text.splitlines():
        yield line
