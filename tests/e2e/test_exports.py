"""Exported runs are read back by programs of others, and say what our own tables say."""
import collections
import csv
import gzip
import json
import os
import re
import shutil
import subprocess

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from tests.e2e.captures import TOOL, answer, holdfast, make_captures, paths_of

pytestmark = pytest.mark.skipif(not TOOL.exists(), reason="tool_captures is not built beside the program (needs cmocka)")
MEASURES = ["peak", "live", "total", "temporary"]

# pprof's profile.proto, as far as it is used: {message: {field: (number, type, repeated)}}.
SCHEMA = {
    "ValueType": {"type": (1, "int64", False), "unit": (2, "int64", False)},
    "Sample": {"location_id": (1, "uint64", True), "value": (2, "int64", True)},
    "Line": {"function_id": (1, "uint64", False), "line": (2, "int64", False)},
    "Location": {"id": (1, "uint64", False), "line": (4, "Line", True)},
    "Function": {"id": (1, "uint64", False), "name": (2, "int64", False), "system_name": (3, "int64", False),
                 "filename": (4, "int64", False), "start_line": (5, "int64", False)},
    "Profile": {"sample_type": (1, "ValueType", True), "sample": (2, "Sample", True), "location": (4, "Location", True),
                "function": (5, "Function", True), "string_table": (6, "string", True), "time_nanos": (9, "int64", False),
                "duration_nanos": (10, "int64", False), "default_sample_type": (14, "int64", False)},
}


def profile_class():
    field = descriptor_pb2.FieldDescriptorProto
    kinds = {"int64": field.TYPE_INT64, "uint64": field.TYPE_UINT64, "string": field.TYPE_STRING}
    file = descriptor_pb2.FileDescriptorProto(name="profile.proto", package="test", syntax="proto3")
    for name, fields in SCHEMA.items():
        message = file.message_type.add(name=name)
        for key, (number, kind, repeated) in fields.items():
            made = message.field.add(name=key, number=number, type=kinds.get(kind, field.TYPE_MESSAGE),
                                     label=field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL)
            if kind not in kinds:
                made.type_name = ".test." + kind
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("test.Profile"))


@pytest.fixture
def folder(tmp_path):
    return make_captures(tmp_path)


def export(folder, capture, form, *options):
    path = folder / ("out." + form)
    done = holdfast("export", folder / (capture + ".hftrace"), "--format", form, "-o", path, *options)
    assert done.returncode == 0, done.stderr
    assert path.stat().st_mode & 0o777 == 0o600
    return path


def tree(folder, capture, *options):
    return answer("tree", folder / (capture + ".hftrace"), "--top", 10 ** 6, *options)


def flags(measure):
    return {"peak": "--peak", "live": "--leaks", "total": "--total", "temporary": "--temporary"}[measure]


@pytest.mark.parametrize("capture", ["monday", "hostile-run"])
def test_pprof(folder, capture):
    profile = profile_class()()
    profile.ParseFromString(gzip.decompress(export(folder, capture, "pprof").read_bytes()))
    text = profile.string_table
    assert text[0] == "" and len(set(text)) == len(text)
    types = [(text[t.type], text[t.unit]) for t in profile.sample_type]
    assert types == [(measure + "_" + what, unit) for measure in MEASURES
                     for what, unit in (("objects", "count"), ("space", "bytes"))]
    assert text[profile.default_sample_type] == "peak_space"
    assert profile.duration_nanos == 8 * 10 ** 9 and profile.time_nanos == 1764000000 * 10 ** 9
    functions = {f.id: f for f in profile.function}
    locations = {place.id: place for place in profile.location}
    assert 0 not in locations and 0 not in functions
    for at, measure in enumerate(MEASURES):
        stacks = {}
        for sample in profile.sample:
            assert len(sample.value) == len(types) and sample.location_id
            frames = []
            for number in reversed(sample.location_id):
                (line,) = locations[number].line
                function = functions[line.function_id]
                file = text[function.filename]
                frames.append((text[function.name], file, line.line) if file else text[function.name])
            if sample.value[2 * at + 1]:
                stacks[tuple(frames)] = sample.value[2 * at + 1]
        ours = paths_of(tree(folder, capture, flags(measure)))
        assert sorted(stacks.values()) == sorted(ours.values())
        if capture == "monday":
            python = {tuple(f for f in s if isinstance(f, tuple)): n for s, n in stacks.items()
                      if isinstance(s[-1], tuple)}
            assert {tuple(f for f in s if f[0] != "process"): n for s, n in ours.items()
                    if s and s[-1][0] not in ("malloc", "process")} == python


def go():
    found = shutil.which("go") or "/usr/local/go/bin/go"
    return found if os.access(found, os.X_OK) else None


@pytest.mark.skipif(not go(), reason="no go on this machine, whose pprof reads profiles")
def test_pprof_of_go(folder):
    path = export(folder, "monday", "pprof")
    done = subprocess.run([go(), "tool", "pprof", "-sample_index=peak_objects", "-top", path], timeout=280,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if "no such tool" in done.stderr:
        pytest.skip("this go has no pprof")
    assert done.returncode == 0, done.stderr
    rows = dict(reversed(line.split(None, 5)[::5]) for line in done.stdout.splitlines() if re.match(r"\s+\d+ ", line))
    assert rows["quote_for"] == "5500" and rows["get_code"] == "8000"


@pytest.mark.parametrize("capture", ["monday", "hostile-run"])
def test_speedscope(folder, capture):
    """The rules of https://www.speedscope.app/file-format-schema.json, and of its importer of evented profiles: frames
    are closed in the order in which they were opened, and time never goes back."""
    document = json.loads(export(folder, capture, "speedscope").read_text())
    assert document["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    frames = document["shared"]["frames"]
    assert all(isinstance(f["name"], str) and set(f) <= {"name", "file", "line", "col"} for f in frames)
    assert len(document["profiles"]) == 4
    for measure, profile in zip(MEASURES, document["profiles"]):
        assert set(profile) == {"type", "name", "unit", "startValue", "endValue", "events"}
        assert profile["type"] == "evented" and profile["unit"] == "bytes"
        stack, at, own = [], profile["startValue"], collections.Counter()
        for event in profile["events"]:
            assert event["at"] >= at and 0 <= event["frame"] < len(frames)
            if event["at"] > at:
                own[tuple(stack)] += event["at"] - at
            at = event["at"]
            if event["type"] == "O":
                stack.append(event["frame"])
            else:
                assert event["type"] == "C" and stack.pop() == event["frame"]
        assert not stack and at == profile["endValue"]
        assert sorted(own.values()) == sorted(paths_of(tree(folder, capture, flags(measure))).values())


@pytest.mark.parametrize("capture", ["monday", "hostile-run"])
def test_folded(folder, capture):
    stacks = {}
    for line in export(folder, capture, "folded").read_text().splitlines():
        match = re.fullmatch(r"(.+) (\d+)", line)  # as flamegraph.pl has it
        assert match.group(1) not in stacks and match.group(1).isprintable()
        stacks[match.group(1)] = int(match.group(2))
    ours = paths_of(tree(folder, capture))
    assert sorted(stacks.values()) == sorted(ours.values())
    assert sorted(stack.count(";") + 1 for stack in stacks) == sorted(max(len(stack), 1) for stack in ours)
    if capture == "monday":
        assert stacks["process 4711: python3 service.py;<module> (/srv/shop/service.py:60);"
                      "Service.serve (/srv/shop/service.py:41);quote_for (/srv/shop/pricing.py:42)"] == 512 * 4000


def numbers_of(measure, row):
    return [int(row["%s_%s" % (measure, key)]) for key in ("own_bytes", "own_blocks", "total_bytes", "total_blocks")]


@pytest.mark.parametrize("capture", ["monday", "hostile-run"])
def test_csv_and_json(folder, capture):
    with export(folder, capture, "csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream, strict=True))
    document = json.loads(export(folder, capture, "json").read_text())
    assert document["format"] == "holdfast-profile" and len(document["parent"]) == len(rows)
    for measure in MEASURES:
        nodes = tree(folder, capture, flags(measure))["nodes"]
        shown = [row for row in rows if row["node"] == "0" or numbers_of(measure, row)[2]]
        assert len(shown) == len(nodes)
        for row, node in zip(shown, nodes):
            i = int(row["node"])
            wanted = [node[which][unit] for which in ("own", "total") for unit in ("bytes", "blocks")]
            assert numbers_of(measure, row) == wanted
            assert [document[measure][key][i] for key in ("own_bytes", "own_blocks", "total_bytes", "total_blocks")] == wanted
            if node.get("kind") == "python":
                frame = document["frames"][document["frame"][i]]
                for got in frame, row:
                    assert (got["kind"], got["file"], int(got["line"]), got["function"]) == (
                        "python", node["file"], node["line"], node["function"])


def test_options(folder):
    document = json.loads(export(folder, "monday", "json", "--leaks", "--merged", "--functions", "--top", 3).read_text())
    assert "peak" not in document and len(document["parent"]) == 4
    live = document["live"]
    assert live["total_bytes"][0] == sum(live["own_bytes"]) == answer("table", folder / "monday.hftrace", "--leaks")["chosen"]["bytes"]
    done = holdfast("export", folder / "monday.hftrace", "--format", "folded", "-o", "-", "--pid", 4712)
    assert done.stdout == "process 4712: python3 service.py --worker;<module> (/srv/shop/service.py:60);" \
        "quote_for (/srv/shop/pricing.py:42) 768000\n"


@pytest.mark.parametrize("words, said", [(["--format", "pprof"], "needs --output FILE"), (["-o", "x"], "needs --format"),
                                         (["--format", "xml", "-o", "x"], "--format is one of"),
                                         (["--format", "csv", "-o", "."], "no regular file"),
                                         (["--format", "csv", "-o", "no/such/x"], "cannot write")])
def test_refusals(folder, words, said):
    before = sorted(os.listdir(folder))
    done = holdfast("export", "monday.hftrace", *words, cwd=folder)
    assert done.returncode in (2, 3) and said in done.stderr and not done.stdout
    assert sorted(os.listdir(folder)) == before
