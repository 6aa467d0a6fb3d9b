"""The flame graph: one file that needs nothing else, whose scripts show what the tables say, whatever names there are."""
import html.parser
import json
import pathlib
import re
import shutil
import subprocess

import pytest

from tests.e2e.captures import TOOL, answer, holdfast, make_captures

pytestmark = pytest.mark.skipif(not TOOL.exists(), reason="tool_captures is not built beside the program (needs cmocka)")
NODE = shutil.which("node") or shutil.which("nodejs")
needs_node = pytest.mark.skipif(not NODE, reason="no node on this machine to run the page's scripts")
DRIVER = pathlib.Path(__file__).with_name("page_driver.js")
QUOTES = "quote_for  /srv/shop/pricing.py:42"


@pytest.fixture
def folder(tmp_path):
    return make_captures(tmp_path)


def page_of(folder, capture, *options):
    path = folder / "page.html"
    done = holdfast("flamegraph", folder / (capture + ".hftrace"), "-o", path, *options)
    assert done.returncode == 0, done.stderr
    return path


def drive(path, *steps):
    done = subprocess.run([NODE, DRIVER, path], input=json.dumps(steps), timeout=60, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def frame(state, start):
    found = [f for f in state["frames"] if f["label"].startswith(start)]
    assert len(found) == 1, [f["label"] for f in state["frames"]]
    return found[0]


class Markup(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.data, self.inside = [], {}, None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.inside = len(self.tags) - 1

    def handle_data(self, data):
        self.data[self.inside] = self.data.get(self.inside, "") + data


@pytest.mark.parametrize("capture", ["monday", "hostile-run"])
def test_the_page_is_whole_and_asks_nobody(folder, capture):
    text = page_of(folder, capture).read_text()
    markup = Markup(text)
    scripts = [attributes for tag, attributes in markup.tags if tag == "script"]
    assert len(scripts) == 2 and scripts[0]["type"] == "application/json"
    policy = next(a["content"] for tag, a in markup.tags if tag == "meta" and "http-equiv" in a)
    nonce = scripts[1]["nonce"]
    assert re.fullmatch("[0-9a-f]{32}", nonce) and policy.startswith(
        "default-src 'none'; script-src 'nonce-%s'; style-src 'nonce-%s'" % (nonce, nonce))
    for tag, attributes in markup.tags:
        assert tag not in ("img", "iframe", "object", "link", "a", "base")
        assert not [key for key in attributes if key.startswith("on") or key in ("src", "href", "style")]
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
    assert "\x1b" not in text and "innerHTML" not in text
    other = page_of(folder, capture).read_text()
    assert nonce not in other and len(other) == len(text)


@needs_node
def test_names_stay_names(folder):
    data = drive(page_of(folder, "hostile-run"), ["set", "search", "alert\\(2"], ["set", "search", "("])
    labels = " ".join(f["label"] for f in data[0]["frames"])
    assert "\x1b]0;owned\x07<img src=x onerror=alert(2)>" in labels and "</script><script>alert(1)</script>.py:7" in labels
    assert data[1]["texts"]["found"].startswith("100.0% matched")
    assert "matched" in data[2]["texts"]["found"]  # no regular expression: searched as it stands


@needs_node
@pytest.mark.parametrize("measure, flag", [("peak", "--peak"), ("live", "--leaks"), ("total", "--total"),
                                           ("temporary", "--temporary")])
def test_widths_are_the_numbers_of_the_tree(folder, measure, flag):
    path = page_of(folder, "monday")
    state = drive(path, ["set", "measure", measure])[1]
    tree = answer("tree", folder / "monday.hftrace", flag)
    whole = tree["chosen"]["bytes"]
    widths = sorted(round(100 * node["total"]["bytes"] / whole, 6) for node in tree["nodes"]
                    if node["total"]["bytes"] / whole >= 0.0012)
    assert sorted(round(f["width"], 6) for f in state["frames"]) == pytest.approx(widths)
    by_level = {}
    for f in state["frames"]:
        by_level.setdefault(f["level"], []).append((f["left"], f["left"] + f["width"]))
    for boxes in by_level.values():
        boxes.sort()
        assert all(a[1] <= b[0] + 1e-9 for a, b in zip(boxes, boxes[1:])) and boxes[-1][1] <= 100 + 1e-9
    assert drive(page_of(folder, "monday", flag))[0]["frames"] == state["frames"]


@needs_node
def test_upside_down_and_hidden_frames(folder):
    path = page_of(folder, "monday", "--merged")
    plain, down, hidden = drive(path, ["check", "inverted", True], ["check", "imports", True])
    frame(plain, "_find_and_load")
    rows = answer("table", folder / "monday.hftrace")["lines"]
    tops = [f for f in down["frames"] if f["level"] == 2]
    assert sorted(round(f["width"], 4) for f in tops) == sorted(
        round(100 * row["chosen"]["bytes"] / rows[0]["chosen"]["bytes"] * tops[0]["width"] / 100, 4) for row in rows
        if row["kind"] == "line")
    assert frame(down, QUOTES)["width"] == max(f["width"] for f in tops)
    below = [f for f in down["frames"] if f["level"] == 3 and f["left"] < tops[0]["width"]]
    assert {f["text"] for f in below if f["width"] > 5} == {"Service.serve", "<module>"}
    assert not [f for f in hidden["frames"] if "importlib" in f["label"]]
    normal = drive(path, ["check", "imports", True], ["check", "native", True], ["check", "native", False])
    assert sum("import" in f["classes"] for f in normal[0]["frames"]) == 2
    assert sum("import" in f["classes"] for f in normal[1]["frames"]) == 0
    assert [sum("native" in f["classes"] for f in state["frames"]) for state in normal] == [1, 1, 0, 1]
    assert frame(normal[1], "<module>  /srv/shop/service.py:60")["width"] == \
        frame(normal[0], "<module>  /srv/shop/service.py:60")["width"]


@needs_node
def test_search(folder):
    path = page_of(folder, "monday")
    states = drive(path, ["set", "search", "^quote"], ["set", "search", "shop"], ["set", "search", "PRICING.PY:4\\d"],
                   ["set", "search", ""])
    whole = answer("table", folder / "monday.hftrace")["chosen"]["bytes"]
    assert states[1]["texts"]["found"].startswith("%.1f%% matched" % (100 * 5500 * 512 / whole))
    assert sum("match" in f["classes"] for f in states[1]["frames"]) == 2
    assert states[2]["texts"]["found"].startswith("99.3% matched")  # not twice, where callers match as well
    assert states[3]["texts"]["found"] == states[1]["texts"]["found"]
    assert states[4]["texts"]["found"] == "" and not sum("match" in f["classes"] for f in states[4]["frames"])


@needs_node
def test_zoom_and_keys(folder):
    path = page_of(folder, "monday")
    states = drive(path, ["click", "Service.serve  /srv/shop/service.py:41"], ["key", "ArrowDown"], ["key", "Enter"],
                   ["key", "ArrowUp"], ["key", "Home"], ["key", "ArrowDown"], ["key", "ArrowRight"], ["key", "ArrowLeft"],
                   ["press", "reset"], ["document-key", "/"])
    zoomed = states[1]
    assert frame(zoomed, "Service.serve  /srv/shop/service.py:41")["width"] == 100
    assert frame(zoomed, "process 4711")["width"] == 100 and "above" in frame(zoomed, "process 4711")["classes"]
    assert not [f for f in zoomed["frames"] if f["label"].startswith("process 4712")]
    assert states[2]["active"].startswith(QUOTES) and states[3]["active"].startswith(QUOTES)
    assert states[4]["active"].startswith("Service.serve") and states[5]["active"].startswith("all")
    assert states[6]["active"].startswith("process 4711") and states[7]["active"].startswith("process 4712")
    assert states[8]["active"].startswith("process 4711")
    for state in states:
        assert sum(f["focus"] for f in state["frames"]) == 1  # one stop for the tabulator
        assert all(f["label"] for f in state["frames"])
    assert "of all" in states[8]["texts"]["details"] and len(states[9]["frames"]) == len(states[0]["frames"])


@needs_node
def test_time_range(folder):
    """monday's quotes come to be held between 1 s and 5 s; intervals are 0 to 5."""
    path = page_of(folder, "monday", "--merged")
    states = drive(path, ["set", "measure", "held"], ["set", "to", "2"], ["set", "from", "2"], ["set", "from", "4"])
    assert states[0]["timeHidden"] and not states[1]["timeHidden"]
    for state, words in (states[1], ["--to", "8s"]), (states[2], ["--to", "3s"]), (states[3], ["--from", "2s", "--to", "3s"]):
        chosen = answer("table", folder / "monday.hftrace", *words)["chosen"]["bytes"]
        whole = frame(state, "all")["label"]
        assert ("%.1f MiB" % (chosen / 2**20) if chosen >= 2**20 else "%.1f KiB" % (chosen / 1024)) in whole
    assert states[4]["texts"]["from-text"] == "4.00 s" and states[4]["texts"]["to-text"] == "5.00 s"


@needs_node
def test_small_places_are_bounded_and_counted(folder):
    path = page_of(folder, "monday", "--top", 4)
    state = drive(path)[0]
    assert "are left out" in state["texts"]["left-out"]
    smaller = [f for f in state["frames"] if "smaller" in f["classes"]]
    assert smaller and len(state["frames"]) <= 5 + len(smaller)
    tree = answer("tree", folder / "monday.hftrace")
    assert frame(state, "all")["label"].split(", ")[1] == frame(drive(page_of(folder, "monday"))[0], "all")["label"].split(", ")[1]
    assert tree["chosen"]["bytes"]


def test_default_name_and_refusals(folder):
    done = holdfast("flamegraph", "monday.hftrace", cwd=folder)
    assert done.stdout == "monday.flamegraph.html: 12 places\n" and (folder / "monday.flamegraph.html").stat().st_mode & 0o777 == 0o600
    assert holdfast("flamegraph", "monday.hftrace", "-o", "-", cwd=folder).stdout.startswith("<!DOCTYPE html>")
    assert "in the page" in holdfast("flamegraph", "monday.hftrace", "--to", "3s", cwd=folder).stderr
    (folder / "x").write_bytes((folder / "monday.hftrace").read_bytes()[:200])
    done = holdfast("flamegraph", "x", "-o", "y.html", cwd=folder)
    assert done.returncode == 3 and "cut off" in done.stderr and not (folder / "y.html").exists()


NOTHING = "There is nothing here"


@needs_node
def test_nothing_is_said(folder):
    data = drive(page_of(folder, "empty"), ["set", "measure", "live"], ["check", "inverted", True])
    for state in data:
        assert state["graphHidden"] and state["texts"]["empty"].startswith(NOTHING)
    data = drive(page_of(folder, "monday", "--function", "no such function"))
    assert data[0]["graphHidden"] and data[0]["texts"]["empty"].startswith(NOTHING)
    data = drive(page_of(folder, "hostile-run"), ["set", "measure", "temporary"])
    assert not data[0]["graphHidden"] and data[0]["texts"]["empty"] == ""
    page = folder / "same.html"
    assert holdfast("diff", folder / "monday.hftrace", folder / "monday.hftrace", "--flamegraph", page).returncode == 0
    data = drive(page, ["set", "measure", "less"], ["set", "measure", "now"])
    assert [state["texts"]["empty"] for state in data] == ["Nothing is more now.", "Nothing is less now.", ""]
    assert [state["graphHidden"] for state in data] == [True, True, False]


def test_reports_of_nothing(folder):
    for command in "table", "tree", "summary", "stats":
        done = holdfast(command, folder / "empty.hftrace")
        assert done.returncode == 0, (command, done.stderr)
    for form in "pprof", "speedscope", "folded", "csv", "json":
        assert holdfast("export", folder / "empty.hftrace", "--format", form, "-o", folder / "out").returncode == 0


@needs_node
def test_a_word_is_searched_once(folder):
    states = drive(page_of(folder, "monday"), ["type", "search", "pricing"], ["set", "search", "shop"])
    before, after, last = states
    assert after["searches"] == before["searches"] + 1 and last["searches"] == after["searches"] + 1
    assert before["drawn"] == after["drawn"] == last["drawn"]  # what there is is marked, and not made anew
    assert [f["label"] for f in before["frames"]] == [f["label"] for f in after["frames"]]
    marked = [f["label"] for f in after["frames"] if "match" in f["classes"]]
    assert marked and all("pricing" in label for label in marked)
    assert marked != [f["label"] for f in last["frames"] if "match" in f["classes"]]
