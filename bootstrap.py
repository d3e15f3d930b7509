"""Make or mend the project's own Python environment in .venv: `python3.11 bootstrap.py [--suites]`.

Needs Python's standard library only. An environment whose stamp fits requirements.lock and pyproject.toml is left as it
is. One without a stamp, made by hand or left half-made by an interruption, is made anew; one with an older stamp is
brought up to date. What pip is told about registries (pip.conf, PIP_*) holds for uv too.
"""

import argparse
import ast
import fcntl
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
STAMP = ENVIRONMENT / "bootstrap.stamp"
LOG = ROOT / "build" / "bootstrap.log"
UV = "uv==0.13.9"
QUICK = {"PIP_DEFAULT_TIMEOUT": "20", "PIP_RETRIES": "1", "UV_HTTP_TIMEOUT": "30", "UV_HTTP_RETRIES": "1"}
UNREACHABLE = re.compile(r"connect|resolve host|name resolution|timed out|dns error", re.IGNORECASE)
NOT_LOADED = re.compile(r"(lib[\w.+-]+): cannot open shared object file")


class StepFailed(Exception):
    """One sentence: what could not be done, and what to do."""


def main() -> int:
    """Bring .venv up to date and return an exit status."""
    parser = argparse.ArgumentParser(description="Make or mend the project's Python environment in .venv.")
    parser.add_argument("--suites", action="store_true", help="also install the vendor suites (about 1 GB more)")
    suites = parser.parse_args().suites
    try:
        check_python()
        this_python = f"python:{sys.version.split()[0]}"
        stamps = [this_python, stamp("requirements.lock", "pyproject.toml")]
        stamps += [stamp("requirements-suites.lock")] if suites else []
        have = STAMP.read_text().split() if STAMP.exists() else []
        if not set(stamps) <= set(have):
            # The suites want another build of OpenCV, which would lie on top of the one that is there.
            install(suites=suites, anew=suites or this_python not in have)
            STAMP.write_text("\n".join(stamps) + "\n")
    except StepFailed as error:
        print(f"bootstrap: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bootstrap: interrupted; the next run takes it up again", file=sys.stderr)
        return 130
    return 0


def check_python() -> None:
    """Refuse a Python that the locked wheels are not made for."""
    if not (3, 11) <= sys.version_info[:2] < (3, 13):
        found = ".".join(map(str, sys.version_info[:3]))
        raise StepFailed(f"this is Python {found}, but 3.11 or 3.12 is needed; name one with PYTHON=python3.11")


def stamp(*names: str) -> str:
    """Return the first file's name and a digest of them all."""
    digest = hashlib.sha256()
    for name in names:
        digest.update((ROOT / name).read_bytes())
    return names[0] + ":" + digest.hexdigest()


def install(*, suites: bool, anew: bool) -> None:
    """Make the environment where it is missing or half-made, then install what the lock files name."""
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("ab") as log:
        # Each step inherits the lock: one left over from a killed run is waited for, not raced.
        fcntl.flock(log, fcntl.LOCK_EX)
        log.truncate(0)
        STAMP.unlink(missing_ok=True)  # from here to the end an interruption means: make it anew
        if anew:
            say("making .venv")
            step(
                [sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)],
                log,
                "make .venv (Debian: install python3-venv)",
            )
        say(f"installing {UV}")
        step([str(PYTHON), "-m", "pip", "install", "--quiet", UV], log, f"install {UV}")
        lock = "requirements-suites.lock" if suites else "requirements.lock"
        say(f"installing {lock} (minutes the first time, seconds once they are in uv's cache)")
        uv = [str(PYTHON), "-m", "uv", "pip", "install", "--python", str(PYTHON), "--no-deps"]
        environment = registries()
        step([*uv, "-r", lock], log, "install the locked packages", environment)
        step([*uv, "--no-build-isolation", "--editable", "."], log, "install the project itself", environment)
        step([str(PYTHON), "-c", "import cv2, paddle"], log, "load Paddle and OpenCV")


def step(command: list[str], log: BinaryIO, aim: str, environment: dict[str, str] | None = None) -> None:
    """Run one command with its output in the log; StepFailed says what it was for and why it failed."""
    log.write(f"$ {' '.join(command)}\n".encode())
    log.flush()
    begin = log.tell()
    environment = {**(environment or {}), **os.environ, **QUICK}
    inherited = [log.fileno()]
    run = subprocess.run(command, check=False, cwd=ROOT, env=environment, stdout=log, stderr=log, pass_fds=inherited)
    if run.returncode:
        text = LOG.read_bytes()[begin:].decode(errors="replace")
        raise StepFailed(f"could not {aim}: {reason(text)}; mend that and run this again")


def reason(output: str) -> str:
    """Return in a few words why a step failed, from what it printed."""
    if library := NOT_LOADED.search(output):
        return f"this machine lacks the system library {library[1]} (Debian: apt-get install libgomp1)"
    if UNREACHABLE.search(output):
        return "the package registry cannot be reached"
    return f"see {LOG.relative_to(ROOT)}"


def registries() -> dict[str, str]:
    """Return pip's settings of registries as the variables that uv reads."""
    variables = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "find-links": "UV_FIND_LINKS",
        "cert": "SSL_CERT_FILE",
    }
    command = [str(PYTHON), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    settings = re.findall(r"^(\S*)\.([a-z-]+)=(.+)$", listed, re.MULTILINE)
    found = {"UV_INDEX_STRATEGY": "unsafe-best-match"}  # pip's way: all registries are equal
    for _, name, value in sorted(settings, key=lambda setting: setting[0] == ":env:"):  # variables come last and win
        if name in variables:
            separator = "," if name == "find-links" else " "
            found[variables[name]] = separator.join(ast.literal_eval(value).split())
    return found


def say(text: str) -> None:
    """Tell what is being done."""
    print(f"bootstrap: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
