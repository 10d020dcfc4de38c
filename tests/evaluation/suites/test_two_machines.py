"""A suite over a network: scheduler and command in one network namespace, workers in another.

The workers see another empty folder in the place of the suite's, as on another machine.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluation.suites.rows import read_rows
from evaluation.suites.runner import run_suite
from evaluation.suites.suite import read_suite
from tests.evaluation.suites.made import write_suite
from tests.evaluation.suites.test_runner import Here, found

pytest.importorskip("distributed")
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
HERE, THERE = "10.231.77.1", "10.231.77.2"


def ip(*arguments: str) -> None:
    """Set up the network; skips where that is not permitted."""
    try:
        subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=20)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"network namespaces are not permitted: {error}")


@pytest.fixture
def namespaces() -> Iterator[tuple[str, str]]:
    one, other = names = tuple(f"suite-{os.getpid()}-{side}" for side in "ab")
    try:
        for name in names:
            ip("netns", "add", name)
        cable = ["type", "veth", "peer", "name", "cable", "netns", other]
        ip("link", "add", "cable", "netns", one, *cable)
        for name, address in ((one, HERE), (other, THERE)):
            ip("-n", name, "address", "add", f"{address}/24", "dev", "cable")
            for device in ("lo", "cable"):
                ip("-n", name, "link", "set", device, "up")
        yield one, other
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


def test_sets_are_sent_to_workers_that_do_not_see_them(
    namespaces: tuple[str, str], tmp_path: Path
) -> None:
    one, other = namespaces
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    for folder in (mine, theirs):
        folder.mkdir()
    file = write_suite(mine, "a", "b")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    python = [sys.executable, "-m"]
    scheduler = [*python, "distributed.cli.dask_scheduler", "--no-dashboard", "--host", HERE]
    worker = [*python, "distributed.cli.dask_worker", f"tcp://{HERE}:8786", "--nthreads", "1"]
    worker += ["--nworkers", "2", "--no-dashboard", "--host", THERE, "--death-timeout", "120"]
    hidden = f'mount -t tmpfs none "{mine}" && cd "{theirs}" && exec "$@"'
    commands = [
        ["ip", "netns", "exec", one, *scheduler],
        ["ip", "netns", "exec", other, "sh", "-c", hidden, "sh", *worker],
    ]
    processes = [
        subprocess.Popen(
            command,
            cwd=theirs,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for command in commands
    ]
    try:
        time.sleep(3)
        command = ["ip", "netns", "exec", one, *python, "evaluation", str(file)]
        command += ["--out", str(mine / "out"), "--dask", f"tcp://{HERE}:8786"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200
        )
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)
    assert done.returncode == 1, done.stderr  # since one method fails
    serial = run_suite(read_suite(file), tmp_path / "serial", Here())
    rows = read_rows(mine / "out" / "rows")
    assert list(map(found, rows)) == sorted(map(found, serial), key=lambda row: row[:3])
