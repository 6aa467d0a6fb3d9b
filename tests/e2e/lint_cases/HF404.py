import gc


def start():
    gc.set_threshold(0)  # found
    gc.set_debug(gc.DEBUG_SAVEALL | gc.DEBUG_STATS)  # found
    gc.disable()  # found


def fine(gc_settings):
    gc.set_threshold(50000, 20, 20)
    gc.set_debug(gc.DEBUG_STATS)
    gc_settings.disable()
    gc.freeze()
    gc.set_debug(gc.get_debug() & ~gc.DEBUG_LEAK)
