"""uWSGI and Apache's mod_wsgi: CPython as a library of a server, on loopback, in a temporary folder.

They are installed by `tools/install_dependencies coverage`, not for every run of the tests."""
import contextlib
import glob
import os
import shutil
import socket
import subprocess
import time
import urllib.request

import pytest

from tests.e2e.targets import clean_environment, holdfast, kill
from tests.oracle.cores import gcore

APPLICATION = """
cache = {}
def application(environ, start_response):
    for _ in range(100):
        cache[len(cache)] = "answer %d" % len(cache) * 20
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % len(cache)]
"""
HTTPD = """
ServerRoot {folder}
ServerName 127.0.0.1
User nobody
Group nogroup
Listen 127.0.0.1:{port}
PidFile {folder}/httpd.pid
ErrorLog {folder}/error.log
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule wsgi_module {modules}/mod_wsgi.so
WSGISocketPrefix {folder}/wsgi
WSGIDaemonProcess shop processes=1 threads=2 user=nobody group=nogroup display-name=shop-wsgi
WSGIProcessGroup shop
WSGIScriptAlias / {folder}/app.wsgi
<Directory {folder}>
  Require all granted
</Directory>
"""
MODULES = "/usr/lib/apache2/modules"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, deadline=30):
    end = time.monotonic() + deadline
    while True:
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d/" % port, timeout=5) as answer:
                return int(answer.read())
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


@contextlib.contextmanager
def running(command, folder):
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, env=clean_environment())
    try:
        yield process
    finally:
        process.terminate() # a server ends its own children
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        kill(process)


def family(pid):
    """The process and its children."""
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
        return {pid, *map(int, file.read().split())}


def look(process, port, tmp_path):
    """ps lists the process with the application; a snapshot has its cache, and where it is."""
    listed = {entry["pid"]: entry for entry in holdfast("ps", "--json", "-", expect=0).json["processes"]}
    paths = []
    for pid in sorted(family(process.pid) & set(listed)):
        if not listed[pid]["python"]:
            continue # Apache itself has the library and runs nothing in it
        snapshot = tmp_path / ("heap-%d" % pid)
        holdfast("snapshot", pid, "-o", snapshot, expect=0)
        objects = holdfast("objects", snapshot, "--type", "dict", "--sort", "length", "--top", "40", expect=0)
        with_cache = [line for line in objects.stdout.splitlines() if line.rstrip().endswith(".cache")]
        if with_cache:
            paths += with_cache
            holdfast("diagnose", pid, "--for", "1s", expect=(0, 1, 4))
    assert paths, "no process of %s holds the cache: %s" % (family(process.pid), listed)
    return paths


def test_uwsgi(tmp_path):
    if not shutil.which("uwsgi") or not glob.glob("/usr/lib/uwsgi/plugins/python3*_plugin.so"):
        pytest.skip("uwsgi is not installed (tools/install_dependencies coverage)")
    (tmp_path / "shop.py").write_text(APPLICATION)
    port = free_port()
    command = ["uwsgi", "--plugin", "python3", "--http-socket", "127.0.0.1:%d" % port, "--master",
               "--processes", "1", "--threads", "2", "--wsgi-file", "shop.py", "--die-on-term"]
    with running(command, tmp_path) as process:
        assert [ask(port) for _ in range(20)][-1] == 2000
        look(process, port, tmp_path)


def test_a_core_file_of_uwsgi(tmp_path):
    """The interpreter is in a library that a plugin has loaded; what is read of the core is what the worker had."""
    if not shutil.which("uwsgi") or not glob.glob("/usr/lib/uwsgi/plugins/python3*_plugin.so"):
        pytest.skip("uwsgi is not installed (tools/install_dependencies coverage)")
    (tmp_path / "shop.py").write_text(APPLICATION)
    port = free_port()
    command = ["uwsgi", "--plugin", "python3", "--http-socket", "127.0.0.1:%d" % port, "--master",
               "--processes", "1", "--lazy-apps", "--wsgi-file", "shop.py", "--die-on-term"]
    with running(command, tmp_path) as process:
        assert [ask(port) for _ in range(20)][-1] == 2000
        [worker] = family(process.pid) - {process.pid}
        core, why_not = gcore(worker, str(tmp_path))
        if not core:
            pytest.skip(why_not)
        assert ask(port) == 2100, "it goes on"
    found = holdfast("objects", core, "--type", "dict", "--sort", "length", "--top", "40", "--json", "-", expect=0).json
    caches = [row["length"] for row in found["objects"] if row["path"] and row["path"].endswith(".cache")]
    assert caches == [2000], found["objects"][:5]
    memory = holdfast("memory", core, "--json", "-", expect=0).json
    assert memory["shares"]["live_objects"] > 0


def test_mod_wsgi(tmp_path):
    if not shutil.which("apache2") or not os.path.exists(MODULES + "/mod_wsgi.so"):
        pytest.skip("mod_wsgi is not installed (tools/install_dependencies coverage)")
    if os.geteuid() != 0:
        pytest.skip("its daemon process changes to another user, which needs root")
    folder, port = tmp_path / "srv", free_port()
    folder.mkdir()
    for part in (folder, *list(folder.parents)[:4]):
        os.chmod(part, 0o755)
    (folder / "app.wsgi").write_text(APPLICATION)
    (folder / "httpd.conf").write_text(HTTPD.format(folder=folder, port=port, modules=MODULES))
    with running(["apache2", "-f", str(folder / "httpd.conf"), "-DFOREGROUND"], folder) as process:
        assert [ask(port) for _ in range(20)][-1] == 2000
        paths = look(process, port, tmp_path)
    assert any("interpreter 1's module" in path for path in paths), paths # of the application group
