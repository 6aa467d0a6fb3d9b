class NotReady(Exception):
    pass


NOT_READY = NotReady("try again")


def poll(device):
    if not device.ready:
        raise NOT_READY  # found
    if device.broken:
        raise NotReady("broken")
    return device.value
