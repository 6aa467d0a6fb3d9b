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
