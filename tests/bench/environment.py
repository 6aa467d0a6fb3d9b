"""Environments of pinned packages that benchmarks compare with; kept in the cache."""
import pathlib
import subprocess

from tests.e2e.targets import clean_environment


def installed(python, name, requirements):
    """The interpreter of an environment that has what `requirements` pins, or None and why not."""
    folder = pathlib.Path.home() / ".cache/holdfast/peers" / name
    executable = folder / "bin" / "python3"
    if not executable.exists():
        subprocess.run([python, "-m", "venv", folder], check=True, env=clean_environment())
    done = subprocess.run([executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps",
                           "--require-hashes", "--only-binary", ":all:", "-r", requirements],
                          env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        return None, (done.stdout.strip() or "pip failed").splitlines()[-1][:80]
    return executable, None
