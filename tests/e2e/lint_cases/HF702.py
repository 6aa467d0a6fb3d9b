import numpy as np


def window(path, start):
    samples = np.load(path)  # found
    return samples[start:start + 100].mean()


def mapped(path, start):
    samples = np.load(path, mmap_mode="r")
    return samples[start:start + 100].mean()


def whole(path):
    return np.load(path).mean()


def both(path):
    samples = np.load(path)
    return samples[:10].mean(), samples.sum()
