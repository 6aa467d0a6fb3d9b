"""What other tools make of the linter: the schema of SARIF, and pre-commit."""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile

import pytest

from tests.e2e.targets import PROGRAM, ROOT, clean_environment
from tests.e2e.test_lint import LEAK, notebook, pytestmark, write  # noqa: F401

# Fetched for the test and not part of holdfast: the schema as Microsoft publishes it, and a validator.
SCHEMA = ("@microsoft/jest-sarif", "1.0.0-beta.0", "package/lib/schemas/sarif-2.1.0-rtm.5.json",
          "748e2c3d1a842e7bb258416685c7ea3a0da40005b72267b2052c2856d48ad102")
VALIDATOR = ("fastjsonschema==2.22.3 --hash=sha256:"
             "f670b443830b75aca3f00b75949efa20f4b2a80302ec7a21505c28dd54cffd43")
PRE_COMMIT = ROOT / "tests" / "e2e" / "pre_commit.txt"


def pip(arguments, reason, timeout=240):
    done = subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet",
                           "--no-deps", "--require-hashes", *arguments], env=clean_environment(),
                          stderr=subprocess.PIPE, timeout=timeout, check=False)
    if done.returncode:
        pytest.skip("%s cannot be fetched: %r" % (reason, done.stderr[-300:]))


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    name, version, member, wanted = SCHEMA
    if not shutil.which("npm"):
        pytest.skip("the schema of SARIF is fetched by npm, and there is none")
    folder = tmp_path_factory.mktemp("sarif")
    done = subprocess.run(["npm", "pack", "--silent", "--ignore-scripts", "--cache", folder / "npm",
                           "%s@%s" % (name, version)], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=120, check=False)
    archives = list(folder.glob("*.tgz"))
    if done.returncode or not archives:
        pytest.skip("the schema of SARIF cannot be fetched: %r" % done.stderr[-300:])
    assert hashlib.sha256(archives[0].read_bytes()).hexdigest() == wanted
    with tarfile.open(archives[0]) as archive:
        return json.load(archive.extractfile(member))


@pytest.fixture(scope="module")
def validate(schema, tmp_path_factory):
    folder = tmp_path_factory.mktemp("validator")
    (folder / "requirements.txt").write_text(VALIDATOR)
    pip(["--only-binary", ":all:", "--target", folder, "-r", folder / "requirements.txt"], "fastjsonschema")
    sys.path.insert(0, str(folder))
    try:
        import fastjsonschema  # pylint: disable=import-error,import-outside-toplevel
    finally:
        sys.path.remove(str(folder))
    return fastjsonschema.compile(schema)


def sarif(folder, *paths):
    subprocess.run([PROGRAM, "lint", *paths, "--sarif", "out.sarif"], cwd=folder, stdout=subprocess.DEVNULL,
                   check=False)
    return json.loads((folder / "out.sarif").read_text())


def test_sarif_is_valid(tmp_path, validate):
    write(tmp_path, "a b/\u00fc%,:.py", "x = '\U0001f600' \\\n    'x'\n" + LEAK)
    write(tmp_path, "n.ipynb", notebook(("code", "x = 1"), ("code", LEAK)))
    write(tmp_path, "empty/fine.py", "x = 1\n")
    full, none = sarif(tmp_path, "."), sarif(tmp_path, "empty")
    validate(full)
    validate(none)
    assert len(full["runs"][0]["results"]) == 2 and not none["runs"][0]["results"]
    full["runs"][0]["results"][0]["level"] = "nonsense"
    with pytest.raises(Exception, match="level"):
        validate(full)


@pytest.fixture(scope="module")
def pre_commit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pre_commit")
    pip(["--target", folder, "-r", PRE_COMMIT], "pre-commit")

    def run(repository, *arguments):
        environment = dict(clean_environment(), PYTHONPATH=str(folder), PRE_COMMIT_HOME=str(folder / "home"),
                           PATH=os.pathsep.join((os.path.dirname(os.path.abspath(PROGRAM)), os.environ["PATH"])))
        return subprocess.run([sys.executable, "-m", "pre_commit", *arguments], cwd=repository, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
    return run


def git(folder, *arguments):
    subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@localhost", *arguments], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)


def test_pre_commit_runs_the_hook(tmp_path, pre_commit):
    """The hook of this tree, as users configure it, in a repository of their own."""
    hooks, user = tmp_path / "hooks", tmp_path / "user"
    for folder in (hooks, user):
        folder.mkdir()
        git(folder, "init", "-q")
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    git(hooks, "add", ".")
    git(hooks, "commit", "-qm", "hooks")
    git(hooks, "tag", "v1")
    write(user, ".pre-commit-config.yaml",
          "repos:\n- repo: %s\n  rev: v1\n  hooks:\n  - id: holdfast-lint\n" % hooks)
    write(user, "a.py", LEAK)
    write(user, "text.txt", LEAK)
    git(user, "add", ".")
    done = pre_commit(user, "run", "--all-files")
    assert done.returncode == 1 and "a.py:2:5 HF106" in done.stdout and "text.txt" not in done.stdout, done.stdout
    write(user, "a.py", LEAK.replace("batch=[]", "batch"))
    git(user, "add", ".")
    done = pre_commit(user, "run", "--all-files")
    assert done.returncode == 0 and "Passed" in done.stdout, done.stdout
