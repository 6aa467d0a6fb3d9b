import gzip
import io
import json
import os
import tarfile
import zipfile


def a(path):
    return json.load(open(path))  # found


def b(path):
    stream = gzip.open(path)  # found
    return stream.read()


def c(path):
    stream = open(path)
    try:
        return stream.read()
    finally:
        stream.close()


def d(path):
    return open(path)


def e(path, stack):
    stack.enter_context(open(path))
    with open(path) as stream:
        return stream.read()


def f(path, open):
    return open(path).read()


class G:
    def __init__(self, path):
        self.stream = open(path)


def become_daemon(path):
    log = open(path, "a")
    os.dup2(log.fileno(), 1)


def names_inside(data, stream):
    archive = zipfile.ZipFile(io.BytesIO(data))
    print(archive.namelist())
    tar = tarfile.open(fileobj=stream)
    tar.extractall("somewhere")


def pack(files):
    buffer = io.BytesIO()
    archive = zipfile.ZipFile(buffer, "w")  # found
    for file in files:
        archive.write(file)


def names_of(path):
    archive = zipfile.ZipFile(path)  # found
    print(archive.namelist())


class Reader:
    def __init__(self, path):
        self.stream = stream = open(path)
        self.first = stream.readline()
