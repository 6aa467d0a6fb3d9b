"""Jobs in Celery: results, retries, failures, chains. The broker is Celery's own in memory, so that worker and
producer are one process. python celery_jobs.py"""
import collections
import hashlib
import os
import pathlib
import random
import threading
import time

from celery import Celery

FOLDER = os.environ["SHOP_FOLDER"]
os.makedirs(os.path.join(FOLDER, "results"), exist_ok=True)
app = Celery("jobs", broker="memory://", backend="file://" + os.path.join(FOLDER, "results"))
app.conf.update(result_expires=30, worker_hijack_root_logger=False, task_acks_late=True,
                broker_transport_options={"polling_interval": 0.01})
RATE = 60
totals = collections.Counter()
last = collections.deque(maxlen=1000)


@app.task(ignore_result=True)
def count(number):
    totals["shop-%d" % (number % 50)] += 1
    last.append(hashlib.sha256(str(number).encode()).hexdigest())


@app.task
def add(a, b):
    return a + b


@app.task(bind=True, max_retries=2, ignore_result=True)
def fetch(self, number):
    if random.random() < 0.3:
        try:
            raise ConnectionError("no answer for %d" % number)
        except ConnectionError as error:
            raise self.retry(exc=error, countdown=0.05)
    return number


@app.task(ignore_result=True)
def fails(number):
    rows = [{"row": n, "number": number} for n in range(200)]
    raise ValueError("%d of %d rows are wrong" % (number, len(rows)))


def produce():
    for number in range(10 ** 9):
        time.sleep(1 / RATE)
        kind = number % 10
        task = count if kind < 6 else fetch if kind < 8 else fails if kind == 8 else None
        if task:
            task.delay(number)
        else:
            (add.s(number, 1) | add.s(2)).delay()
        if number % 50 == 0:
            pathlib.Path(FOLDER, "requests").write_text(str(number))
            for old in os.scandir(os.path.join(FOLDER, "results")):  # nobody asks for them
                os.unlink(old)


if __name__ == "__main__":
    threading.Thread(target=produce, daemon=True).start()
    app.worker_main(["worker", "--pool", "threads", "--concurrency", "4", "--without-gossip", "--without-mingle",
                     "--without-heartbeat", "--loglevel", "CRITICAL"])
