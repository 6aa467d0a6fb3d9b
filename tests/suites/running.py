"""One part of a suite, run alone and under `holdfast run`; what came out, and what differs."""
import collections
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import xml.etree.ElementTree

from tests.e2e.targets import PROGRAM, clean_environment
from tests.suites.units import EXPLAINED

MODES = {"plain": None, "exact": [], "sampled": ["--sample", "512K"]}
TIMEOUT = 900
TRIES = 3  # a test that fails now and then is no difference: one fails whenever it is traced, and never alone
FAILED, PASSED, SKIPPED = "failed", "passed", "skipped"


def of_xml(path):
    """{test: how it came out}, as JUnit writes it."""
    found = {}
    for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
        name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
        tags = {child.tag for child in case}
        outcome = FAILED if tags & {"failure", "error"} else SKIPPED if "skipped" in tags else PASSED
        found[name] = FAILED if FAILED in (outcome, found.get(name)) else outcome
    return found


def of_text(text):
    """The same of what unittest prints: those that passed have no name."""
    found = dict.fromkeys(re.findall(r"^(?:FAIL|ERROR): (.+)$", text, re.M), FAILED)
    ran = re.findall(r"^Ran (\d+) tests? in", text, re.M)
    if ran:
        found.update(("test %d" % i, PASSED) for i in range(int(ran[-1]) - len(found)))
    return found


def outcomes(unit, mode, environment=None):
    """What a part's tests come out as. One that crashes or ends nothing has a test of that name, which failed."""
    options = MODES[mode]
    with tempfile.TemporaryDirectory(prefix="suites-") as folder:
        path = pathlib.Path(folder) / "outcome.xml"
        words = [word.replace("{xml}", str(path)) for word in unit.words]
        if options is not None:
            words = [PROGRAM, "run", *options, "-o", os.path.join(folder, "a.hftrace"), *words]
        with open(os.path.join(folder, "output"), "w+", errors="replace") as output:
            process = subprocess.Popen(words, cwd=unit.folder or folder, stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=subprocess.STDOUT, start_new_session=True,
                                       env=clean_environment(TMPDIR=folder, **(environment or {})))
            try:
                status = process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return {"(not done after %d s)" % TIMEOUT: FAILED}
            output.seek(0)
            text = output.read()
        try:
            found = of_xml(path) if "{xml}" in unit.words else of_text(text)
        except (OSError, xml.etree.ElementTree.ParseError):
            found = {}
        if status < 0 or not found:
            found["(status %d)" % status] = FAILED if status else SKIPPED
        if options is not None and not os.path.exists(os.path.join(folder, "a.hftrace")):
            found["(capture)"] = FAILED
        return found


def failures(found):
    return {name for name, outcome in found.items() if outcome == FAILED}


def compare(plain, unit, mode):
    """(outcomes, tests that fail whenever they are traced and never alone, or that are explained): `plain` is what
    they come out as alone."""
    found = outcomes(unit, mode)
    different = failures(found) - failures(plain)
    explained = different & EXPLAINED.keys()
    different -= explained
    for _ in range(TRIES - 1):
        if different:
            different &= failures(outcomes(unit, mode))
        if different:
            different -= failures(outcomes(unit, "plain"))
    return found, sorted(different | explained)


def counts(found):
    counted = collections.Counter(found.values())
    return [counted[PASSED], counted[SKIPPED], counted[FAILED]]
