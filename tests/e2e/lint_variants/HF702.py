from numpy import load


def preview(file):
    volume = load(file)  # found
    return volume[:16]


def everything(file):
    volume = load(file)
    return volume.sum() + volume[:16]
