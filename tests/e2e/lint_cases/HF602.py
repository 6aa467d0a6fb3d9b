import matplotlib.pyplot as plt
import requests
import sqlalchemy


def draw(values):
    figure, axes = plt.subplots()  # found
    axes.plot(values)
    figure.savefig("a.png")


def shown(values):
    figure, axes = plt.subplots()
    axes.plot(values)


def closed(values):
    figure, axes = plt.subplots()
    axes.plot(values)
    figure.savefig("c.png")
    plt.close(figure)


def all_closed(values):
    plt.figure()
    plt.close("all")


def with_session(url):
    with requests.Session() as session:
        return session.get(url).text


def given(url):
    return requests.Session()


def test_draw():
    figure, axes = plt.subplots()
    axes.plot([1])
    figure.savefig("b.png")


SHARED = requests.Session()


@reapers.of("mssql")
def reap(url):
    engine = sqlalchemy.create_engine(url)
    engine.execute("drop")
