"""A dashboard of its own and a real Chromium, for tests, pictures and measurements."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
START_SECONDS = 60


def find_browser() -> str | None:
    """The Chromium that ANOMALY_BROWSER names, or one in the usual places."""
    return os.environ.get("ANOMALY_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser; raises RuntimeError when there is none on this machine."""
    found = find_browser()
    if found is None:
        raise RuntimeError(f"No browser: set ANOMALY_BROWSER or install {' or '.join(NAMES)}.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass(frozen=True)
class Server:
    """A dashboard that answers."""

    address: str
    process: "subprocess.Popen[bytes]"


@contextmanager
def dashboard() -> Iterator[str]:
    """The address of a dashboard that answers, on a free port of this machine."""
    with serving(ROOT, {}) as server:
        yield server.address


@contextmanager
def serving(folder: Path, environment: Mapping[str, str], *options: str) -> Iterator[Server]:
    """A dashboard that works in a folder, with some options of Streamlit."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py")]
    command += ["--server.port", str(port), *options]
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(f"http://localhost:{port}/_stcore/health")
            yield Server(f"http://localhost:{port}", server)
        finally:
            server.terminate()
            server.wait(START_SECONDS)


def _wait_for(address: str) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(address)
        except urllib.error.URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
