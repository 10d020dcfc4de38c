"""What a built package holds: the start of the dashboard, every file beside the code, the pins."""

import configparser
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path

import pytest

from images.version import VERSION

ROOT = Path(__file__).parents[1]
PACKAGES = ("images", "methods", "evaluation", "dashboard")
SOURCES = (
    *PACKAGES,
    *(".streamlit", "app.py", "setup.py", "pyproject.toml", "MANIFEST.in"),
    *("README.md", "LICENSE", "requirements.txt", "requirements-dev.txt", "requirements-timm.txt"),
    *("requirements-clip.txt", "requirements-dask.txt"),
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel of a copy, built without network, so that nothing is left in the checkout."""
    folder = tmp_path_factory.mktemp("package")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / "source" / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / "source" / name)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [*command, "--no-index", "--wheel-dir", str(folder), str(folder / "source")],
        check=True,
        capture_output=True,
        timeout=300,
    )
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as opened:
        yield opened


def text(wheel: zipfile.ZipFile, name: str) -> str:
    """A file of the folder that describes the package."""
    return wheel.read(f"anomaly_compare-{VERSION}.dist-info/{name}").decode()


def pins(name: str) -> set[str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def test_every_file_of_the_packages_is_inside(wheel: zipfile.ZipFile) -> None:
    expected = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"dashboard/page.css", "dashboard/components/layers/layers.js"} <= expected
    assert {f"{package}/py.typed" for package in PACKAGES} <= expected
    assert expected - set(wheel.namelist()) == set()


def test_nothing_else_is_inside(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert tops == {*PACKAGES, f"anomaly_compare-{VERSION}.dist-info"}


@pytest.mark.parametrize("name", ["app.py", ".streamlit/config.toml"])
def test_the_start_of_the_dashboard_is_that_of_the_checkout(
    wheel: zipfile.ZipFile, name: str
) -> None:
    assert wheel.read(f"dashboard/start/{name}") == (ROOT / name).read_bytes()


def test_it_brings_the_command(wheel: zipfile.ZipFile) -> None:
    found = configparser.ConfigParser()
    found.read_string(text(wheel, "entry_points.txt"))
    assert dict(found["console_scripts"]) == {"anomaly-compare": "dashboard.command:main"}


def test_versions_of_dependencies_come_from_the_requirements(wheel: zipfile.ZipFile) -> None:
    facts = Parser().parsestr(text(wheel, "METADATA"))
    assert (facts["Version"], facts["License-Expression"]) == (VERSION, "Apache-2.0")
    asked = facts.get_all("Requires-Dist", [])
    assert {line for line in asked if ";" not in line} == pins("requirements.txt")
    for extra in ("dev", "timm", "clip", "dask"):
        mark = f'; extra == "{extra}"'
        found = {line.removesuffix(mark) for line in asked if line.endswith(mark)}
        assert found == pins(f"requirements-{extra}.txt")


def test_the_licence_is_the_whole_text(wheel: zipfile.ZipFile) -> None:
    licence = text(wheel, "licenses/LICENSE")
    assert "Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence


@pytest.fixture
def installed(wheel: zipfile.ZipFile, tmp_path: Path) -> dict[str, str]:
    """The environment of a Python that finds the package as if it were installed."""
    wheel.extractall(tmp_path / "site")
    return {**os.environ, "PYTHONPATH": str(tmp_path / "site")}


def test_the_installed_dashboard_opens(installed: dict[str, str], tmp_path: Path) -> None:
    code = """
from dashboard.command import start_script
from streamlit.testing.v1 import AppTest

test = AppTest.from_file(str(start_script()), default_timeout=60).run()
assert start_script().parts[-3:] == ("dashboard", "start", "app.py")
assert not test.exception
print(test.title[0].value)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=installed, capture_output=True, text=True
    )
    assert done.stdout == "Compare anomaly detectors on images\n", done.stderr


def test_the_installed_command_serves_on_its_port(
    installed: dict[str, str], tmp_path: Path
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "dashboard", "ui", "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, env=installed) as server:
        try:
            assert answer(f"http://localhost:{port}/_stcore/health") == b"ok"
        finally:
            server.terminate()


def answer(address: str, seconds: float = 60) -> bytes:
    """What a server says, once it listens."""
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address) as opened:
                return bytes(opened.read())
        except urllib.error.URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
