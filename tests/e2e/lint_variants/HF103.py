from collections import defaultdict

ARRIVALS = defaultdict(list)
DEPARTURES = defaultdict(list)


async def handle_gate(plane, when):
    ARRIVALS[plane].append(when)  # found
    DEPARTURES[plane].append(when)


def end_of_day():
    DEPARTURES.clear()
