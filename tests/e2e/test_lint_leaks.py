"""Programs that leak, one for each kind of mistake: the linter says what, and of nothing else in them.

Each takes "step" lines on its standard input and keeps some hundred kilobytes more for each; what it is that
keeps them is seen in the source."""
import pathlib
import re

import pytest

from tests.e2e.test_lint import lint, pytestmark  # noqa: F401

FOLDER = pathlib.Path(__file__).resolve().parent / "lint_leaks"
# the pattern, and the names of what holds the memory: one of both is said
LEAKS = {
    "audit_buffer": ("buffer-growth", "_buffer"),
    "chained_retry": ("exception-chain", None),
    "class_registry": ("registry-growth", "_instances"),
    "compressors": ("native-held", "streams"),
    "default_tags": ("mutable-default", None),
    "dup_strings": ("duplicate-strings", "rows"),
    "finalized_files": ("finalizer-retention", None),
    "fire_and_forget": ("task-accumulation", "background"),
    "geo_cache": ("unbounded-cache", "_by_ip"),
    "interned_ids": ("interned-strings", None),
    "last_errors": ("traceback-retention", "errors"),
    "local_buffers": ("thread-local", "_local"),
    "log_archive": ("whole-file-read", "documents"),
    "log_handlers": ("listener-accumulation", "handlers"),
    "memo_decorator": ("unbounded-cache", "cache"),
    "metric_labels": ("label-cardinality", "_values"),
    "mocked_gateway": ("mock-call-list", "gateway"),
    "module_globals": ("collection-growth", "events"),
    "outgoing_queue": ("queue-backlog", "pending"),
    "packet_headers": ("view-pins-base", "headers"),
    "paged_cursors": ("suspended-generator", "cursors"),
    "patched_hook": ("wrapper-chain", None),
    "plugin_modules": ("module-churn", None),
    "pool_results": ("result-retention", "futures"),
    "pooled_del": ("finalizer-retention", "_free"),
    "quiet_collector": ("cycle-gc-off", None),
    "render_memo": ("method-lru-cache", None),
    "request_contexts": ("context-retention", "_stack"),
    "request_history": ("collection-growth", "history"),
    "row_types": ("class-churn", "row_types"),
    "sensor_points": ("missing-slots", "points"),
    "signal_bus": ("listener-accumulation", "_subscribers"),
    "sqlite_sessions": ("native-held", "connections"),
    "timer_lambdas": ("closure-capture", "_jobs"),
    "trace_patches": ("debug-instrumentation", None),
    "watcher_threads": ("thread-accumulation", None),
    "weak_meta": ("weakref-misuse", "_meta"),
    "wire_pickler": ("serializer-memo", None),
    "ws_registry": ("registry-growth", "clients"),
    "xml_feed": ("parser-tree-retention", None),
}
MISSED = {
    "outgoing_queue": "it has a consumer; that this one is too slow, no source says",
}


def is_about(finding, pattern, holder):
    last = re.split("[.:]", finding["holder"] or "")[-1]
    return finding["pattern"] == pattern or (holder is not None and last == holder)


@pytest.mark.parametrize("name", sorted(LEAKS))
def test_leak_is_seen(name, request):
    if name in MISSED:
        request.applymarker(pytest.mark.xfail(reason=MISSED[name], strict=True))
    pattern, holder = LEAKS[name]
    findings = lint(FOLDER, name + ".py")["findings"]
    assert any(is_about(finding, pattern, holder) for finding in findings), findings


def test_nothing_else_is_said():
    others = []
    for finding in lint(FOLDER, ".")["findings"]:
        pattern, holder = LEAKS[pathlib.Path(finding["path"]).stem]
        if not is_about(finding, pattern, holder):
            others.append((finding["path"], finding["code"]))
    # its errors are chained, and kept with their tracebacks
    assert others == [("chained_retry.py", "HF301")]


def test_all_programs_are_looked_at():
    assert sorted(path.stem for path in FOLDER.glob("*.py")) == sorted(LEAKS)
