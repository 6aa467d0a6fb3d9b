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
    "array_rows": ("buffer-growth", "values"),
    "asyncio_server": ("registry-growth", "sessions"),
    "atexit_temp": ("listener-accumulation", None),
    "audit_buffer": ("buffer-growth", "_buffer"),
    "chained_retry": ("exception-chain", None),
    "class_registry": ("registry-growth", "_instances"),
    "compressors": ("native-held", "streams"),
    "contextvar_tokens": ("context-retention", "_tokens"),
    "counter_per_ip": ("label-cardinality", "hits"),
    "dataclass_state": ("collection-growth", "samples"),
    "default_tags": ("mutable-default", None),
    "dispatch_table": ("registry-growth", "_handlers"),
    "dup_strings": ("duplicate-strings", "rows"),
    "exec_linecache": ("module-churn", None),
    "finalize_args": ("finalizer-retention", None),
    "finalized_files": ("finalizer-retention", None),
    "fire_and_forget": ("task-accumulation", "background"),
    "frozen_garbage": ("cycle-gc-off", None),
    "future_callbacks": ("result-retention", "results"),
    "gc_disabled_handler": ("cycle-gc-off", None),
    "generator_feeds": ("suspended-generator", "waiting"),
    "geo_cache": ("unbounded-cache", "_by_ip"),
    "history_attr": ("collection-growth", "history"),
    "inherited_store": ("collection-growth", "items"),
    "interned_ids": ("interned-strings", None),
    "job_queue": ("queue-backlog", "jobs"),
    "last_errors": ("traceback-retention", "errors"),
    "local_buffers": ("thread-local", "_local"),
    "log_archive": ("whole-file-read", "documents"),
    "log_handlers": ("listener-accumulation", "handlers"),
    "lru_none_async": ("unbounded-cache", None),
    "memo_decorator": ("unbounded-cache", "cache"),
    "metric_labels": ("label-cardinality", "_values"),
    "mocked_gateway": ("mock-call-list", "gateway"),
    "module_globals": ("collection-growth", "events"),
    "numpy_like_view": ("view-pins-base", "tails"),
    "outgoing_queue": ("queue-backlog", "pending"),
    "packet_headers": ("view-pins-base", "headers"),
    "paged_cursors": ("suspended-generator", "cursors"),
    "partial_queue": ("closure-capture", "_callbacks"),
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
    "setdefault_groups": ("collection-growth", "by_user"),
    "signal_bus": ("listener-accumulation", "_subscribers"),
    "signal_receivers": ("listener-accumulation", "receivers"),
    "parsed_reports": ("whole-file-read", "reports"),
    "sqlite_sessions": ("native-held", "connections"),
    "subprocess_list": ("result-retention", "finished"),
    "sys_exc_info": ("traceback-retention", "history"),
    "template_cache": ("unbounded-cache", "_compiled"),
    "text_nodes": ("parser-tree-retention", "titles"),
    "thread_list": ("thread-accumulation", "threads"),
    "timer_lambdas": ("closure-capture", "_jobs"),
    "trace_patches": ("debug-instrumentation", None),
    "tracebacks_global": ("traceback-retention", "failures"),
    "type_factory": ("class-churn", "kinds"),
    "unpickler_memo": ("serializer-memo", None),
    "waiting_tasks": ("task-accumulation", "_waiters"),
    "watcher_threads": ("thread-accumulation", None),
    "weak_meta": ("weakref-misuse", "_meta"),
    "weakvalue_strong": ("weakref-misuse", "refs"),
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
