"""The pages in a real browser: what they draw fits their window, answers to mouse and keyboard, and loads nothing."""
import base64
import json
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from tests.e2e.captures import TOOL, holdfast, make_captures

CHROMIUM, CHROMEDRIVER = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.skipif(not TOOL.exists(), reason="tool_captures is not built beside the program (needs cmocka)"),
    pytest.mark.skipif(not CHROMIUM or not CHROMEDRIVER, reason="no chromium and chromedriver on this machine"),
]
PAGES = "flamegraph-monday", "flamegraph-hostile-run", "plot-monday"
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


class Browser:
    """As much of the WebDriver protocol as is needed."""

    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.base = "http://127.0.0.1:%d" % port
        self.driver = subprocess.Popen([CHROMEDRIVER, "--port=%d" % port], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        for _ in range(300):
            try:
                urllib.request.urlopen(self.base + "/status")
                break
            except OSError:
                time.sleep(0.1)
        options = {"args": ARGUMENTS, "binary": CHROMIUM}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        self.base += "/session/" + session

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            return json.load(urllib.request.urlopen(request))["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from None

    def devtools(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def open(self, path, width=1280, height=800, dark=False):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", features=[scheme])
        self.call("POST", "/url", {"url": pathlib.Path(path).as_uri()})

    def run(self, script):
        return self.call("POST", "/execute/sync", {"script": script, "args": []})

    def find(self, selector):
        found = self.call("POST", "/element", {"using": "css selector", "value": selector})
        return "/element/" + next(iter(found.values()))

    def click(self, selector):
        self.call("POST", self.find(selector) + "/click", {})

    def type(self, selector, text):
        self.call("POST", self.find(selector) + "/value", {"text": text})

    def press(self, key):
        keys = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": keys}]})

    def complaints(self):
        return self.call("POST", "/se/log", {"type": "browser"})

    def picture(self, path):
        path.write_bytes(base64.b64decode(self.call("GET", "/screenshot")))

    def end(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()


@pytest.fixture(scope="module")
def browser():
    one = Browser()
    yield one
    one.end()


@pytest.fixture
def pages(tmp_path):
    make_captures(tmp_path)
    for page in PAGES:
        command, capture = page.split("-", 1)
        done = holdfast(command, tmp_path / (capture + ".hftrace"), "-o", tmp_path / (page + ".html"))
        assert done.returncode == 0, done.stderr
    return tmp_path


FITS = "return document.documentElement.scrollWidth <= window.innerWidth"
LOADED = "return performance.getEntriesByType('resource').length"
SHOWN = "return [...document.querySelectorAll('.frame')].map(f => f.getAttribute('aria-label'))"


@pytest.mark.parametrize("width, height", [(1920, 1080), (1280, 800), (420, 800)])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits_and_complains_of_nothing(browser, pages, page, width, height, dark):
    browser.open(pages / (page + ".html"), width, height, dark)
    browser.picture(pages / (page + ".png"))
    assert browser.complaints() == [] and browser.run(LOADED) == 0 and browser.run(FITS)
    assert browser.run("return document.querySelectorAll('body script:not([type])').length") <= 2
    ground = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) < 300) == dark


def test_mouse_and_keyboard(browser, pages):
    browser.open(pages / "flamegraph-monday.html")
    everything = browser.run(SHOWN)
    assert len(everything) > 3
    browser.click(".frame:nth-child(3)")
    zoomed = browser.run(SHOWN)
    assert browser.run("return document.activeElement.getAttribute('aria-label')") in zoomed
    assert len(browser.run("return [...document.querySelectorAll('.above')]")) == 2
    browser.press("\ue00c")  # Escape
    assert browser.run(SHOWN) == everything
    browser.press("\ue015")  # down
    first = browser.run("return document.activeElement.getAttribute('aria-level')")
    browser.press("\ue015")
    assert int(browser.run("return document.activeElement.getAttribute('aria-level')")) == int(first) + 1
    browser.press("\ue007")  # Enter
    assert browser.run("return document.querySelectorAll('.above').length") == int(first)
    browser.click("#reset")
    assert browser.run(SHOWN) == everything
    browser.press("/")
    assert browser.run("return document.activeElement.id") == "search"
    browser.type("#search", "pricing\ue007")  # Enter: at once
    assert browser.run("return document.querySelectorAll('.match').length") >= 1
    assert "matched" in browser.run("return document.getElementById('found').textContent")
    browser.click("#inverted")
    assert browser.run(SHOWN) != everything and browser.complaints() == []


def test_a_page_of_nothing_says_so(browser, pages):
    assert holdfast("flamegraph", pages / "empty.hftrace", "-o", pages / "empty.html").returncode == 0
    browser.open(pages / "empty.html")
    browser.picture(pages / "empty.png")
    assert "There is nothing here" in browser.run("return document.getElementById('empty').innerText")
    assert browser.run("return document.getElementById('graph').offsetHeight") == 0 and browser.run(FITS)
    browser.click("#inverted")
    browser.press("\ue015")
    assert browser.complaints() == []


def test_a_search_waits_for_the_word(browser, pages):
    browser.open(pages / "flamegraph-monday.html")
    browser.run("window.told = []; new MutationObserver(() => told.push(document.getElementById('found').textContent))"
                ".observe(document.getElementById('found'), {childList: true});"
                "window.frame = document.querySelector('.frame:nth-child(3)')")
    browser.run("const s = document.getElementById('search'); for (const t of ['p', 'pr', 'pricing']) {"
                "s.value = t; s.dispatchEvent(new Event('input')); }")
    assert browser.run("return told.length") == 0
    for _ in range(100):
        if browser.run("return told.length"):
            break
        time.sleep(0.1)
    assert browser.run("return told.length") == 1 and "matched" in browser.run("return told[0]")
    assert browser.run("return document.querySelectorAll('.match').length") >= 1
    assert browser.run("return frame.isConnected")  # frames are marked, and not made anew
    browser.run("const s = document.getElementById('search'); s.value = ''; s.dispatchEvent(new Event('change'))")
    assert browser.run("return document.querySelectorAll('.match').length") == 0 and browser.complaints() == []


def test_a_range_of_time(browser, pages):
    browser.open(pages / "flamegraph-monday.html")
    assert browser.run("return document.getElementById('time').offsetHeight") == 0
    browser.run("const m = document.getElementById('measure'); m.value = 'held'; m.dispatchEvent(new Event('change'))")
    assert browser.run("return document.getElementById('time').offsetHeight") > 50
    whole = browser.run("return document.querySelector('.frame').getAttribute('aria-label')")
    browser.type("#from", "\ue014")  # an arrow key on the slider: later
    assert browser.run("return document.getElementById('from').value") == "1"
    assert browser.run("return document.querySelector('.frame').getAttribute('aria-label')") != whole


def test_the_plot_follows_the_mouse(browser, pages):
    browser.open(pages / "plot-monday.html")
    marks = browser.run("return [...document.querySelectorAll('.scale')].map(s => s.textContent)")
    assert len(marks) == 4 and marks[0] != marks[3]
    before = browser.run("return document.getElementById('when-text').textContent")
    browser.run("document.querySelector('#plot svg').dispatchEvent(new MouseEvent('mousemove', {clientX: 20, clientY: 200}))")
    assert browser.run("return document.getElementById('when-text').textContent") != before


def test_a_large_page_is_small(browser, tmp_path):
    """Of very many places a page has the largest, and only the names that these need."""
    script = tmp_path / "many.py"
    script.write_text("import sys\n" + "".join(
        "def f_%d(d, k):\n    kept.append([d])\n    if d: f[(k * 7 + %d) %% 300](d - 1, k * 3 + %d)\n" % (i, i, i)
        for i in range(300)) + "kept = []\nf = [globals()['f_%d' % i] for i in range(300)]\n"
        "for k in range(30000):\n    f[k % 300](9, k)\n")
    assert holdfast("run", "-o", tmp_path / "many.hftrace", "/usr/bin/python3", script).returncode == 0
    page = tmp_path / "many.html"
    assert holdfast("flamegraph", tmp_path / "many.hftrace", "-o", page).returncode == 0
    assert page.stat().st_size < 3 << 20
    browser.open(page)
    assert 10 < browser.run("return document.querySelectorAll('.frame').length") < 10000
    assert browser.complaints() == []
