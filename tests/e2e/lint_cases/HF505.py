import threading

scratch = threading.local()
reset = threading.local()


def decode(job):
    if not hasattr(scratch, "frames"):
        scratch.frames = []
    scratch.frames.append(job.frame())  # found


def again(job):
    reset.frames = []
    reset.frames.append(job.frame())


def value(job):
    scratch.current = job


traces = threading.local()
stacks = threading.local()


def trace(message):
    try:
        lines = traces.lines  # found
    except AttributeError:
        lines = traces.lines = []
    lines.append(message)


def push(message):
    stack = stacks.stack
    stack.append(message)
    try:
        message.send()
    finally:
        stack.pop()
