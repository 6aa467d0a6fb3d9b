"""Environments of pinned packages that benchmarks compare with; kept in the cache."""
import hashlib
import pathlib
import subprocess
import sys

from tests.e2e.targets import clean_environment

PEERS = pathlib.Path.home() / ".cache/holdfast/peers"
PIP = """pip==26.3 --hash=sha256:f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13
"""


def run_pip(words):
    """None, or why it failed."""
    done = subprocess.run([*words[:1], "-m", "pip", "--disable-pip-version-check", *words[1:]], env=clean_environment(),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return (done.stdout.strip() or "pip failed").splitlines()[-1][:80] if done.returncode else None


def installer():
    """A Python of this machine with a pip that installs for others: those of distributions may have none."""
    folder = PEERS / "installer"
    executable = folder / "bin" / "python3"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, env=clean_environment())
        requirements = folder / "pip.txt"
        requirements.write_text(PIP)
        failure = run_pip([executable, "install", "-q", "--require-hashes", "--only-binary", ":all:", "-r", requirements])
        if failure:
            return None, failure
        (folder / "complete").touch()
    return executable, None


def installed(python, name, requirements):
    """The interpreter of an environment that has what `requirements` pins, or None and why not."""
    folder = PEERS / name
    executable = folder / "bin" / "python3"
    complete = folder / hashlib.sha256(pathlib.Path(requirements).read_bytes()).hexdigest()[:16]
    if complete.exists():
        return executable, None
    pip, failure = installer()
    if failure:
        return None, failure
    if not executable.exists():
        subprocess.run([python, "-m", "venv", "--without-pip", folder], check=True, env=clean_environment())
    failure = run_pip([pip, "--python", executable, "install", "-q", "--no-deps", "--require-hashes", "--only-binary",
                       ":all:", "-r", requirements])
    if failure:
        return None, failure
    complete.touch()
    return executable, None
