"""A suite on a Dask scheduler and three workers in processes of their own, one of them killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from evaluation.comparison.comparison import Variant
from evaluation.comparison.runner import run
from evaluation.suites.rows import Row
from evaluation.suites.runner import run_suite
from evaluation.suites.suite import read_suite
from evaluation.workers.cluster import Cluster
from evaluation.workers.errors import DIED, WorkerError
from tests.evaluation.suites.made import write_suite
from tests.evaluation.suites.test_runner import Here, found
from tests.evaluation.synthetic import data_set
from tests.evaluation.workers import work

pytest.importorskip("distributed")
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cluster, list[int]]]:
    """A cluster, and the processes that look after its three workers."""
    folder = tmp_path_factory.mktemp("dask")
    file = folder / "scheduler.json"
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DASK_DISTRIBUTED__DASHBOARD__LINK": "",
        "DASK_TEMPORARY_DIRECTORY": str(folder),
    }
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--no-dashboard"]
    command += ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file)]
    processes = [subprocess.Popen(command, env=environment, cwd=folder, **QUIET)]  # type: ignore[call-overload]
    command = [sys.executable, "-m", "distributed.cli.dask_worker", "--nthreads", "1"]
    command += ["--scheduler-file", str(file), "--memory-limit", "2GB", "--no-dashboard"]
    command += ["--death-timeout", "120"]
    for _ in range(3):
        processes.append(subprocess.Popen(command, env=environment, cwd=folder, **QUIET))  # type: ignore[call-overload]
    try:
        end = time.monotonic() + 60
        while not file.exists():
            assert time.monotonic() < end
            time.sleep(0.05)
        address = json.loads(file.read_text())["address"]
        with Cluster(address) as opened:
            opened._client.wait_for_workers(3, timeout=120)
            yield opened, [process.pid for process in processes[1:]]
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_suite(tmp_path_factory.mktemp("suite"), "a", "b")


@pytest.fixture(scope="module")
def serial(file: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    return run_suite(read_suite(file), tmp_path_factory.mktemp("serial"), Here())


def test_uploaded_sets_give_the_same_table(
    cluster: tuple[Cluster, list[int]],
    file: Path,
    serial: list[Row],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened, _ = cluster
    monkeypatch.setattr(opened, "sees", lambda folder: False)
    sent: list[object] = []
    send = opened._send
    monkeypatch.setattr(opened, "_send", lambda missing: (sent.append(missing), send(missing)))
    rows = run_suite(read_suite(file), tmp_path, opened, at_once=3, carrier=opened)
    assert list(map(found, rows)) == list(map(found, serial))
    assert opened._contents == {}
    assert sent


def test_one_of_three_workers_is_killed_in_the_middle(
    cluster: tuple[Cluster, list[int]], file: Path, serial: list[Row], tmp_path: Path
) -> None:
    opened, minders = cluster
    killed: list[int] = []

    def kill_one(sentence: str) -> None:
        if not killed:
            (worker, *_) = [
                child
                for child in psutil.Process(minders[0]).children(recursive=True)
                if "spawn_main" in " ".join(child.cmdline())
            ]
            killed.append(worker.pid)
            worker.send_signal(signal.SIGKILL)

    rows = run_suite(read_suite(file), tmp_path, opened, at_once=3, carrier=opened, tell=kill_one)
    assert killed
    assert list(map(found, rows)) == list(map(found, serial))
    opened._client.wait_for_workers(3, timeout=120)


def test_a_unit_that_kills_its_workers_is_given_up_after_three_times(
    cluster: tuple[Cluster, list[int]], tmp_path: Path
) -> None:
    opened, _ = cluster
    future = opened.submit(work.die_until, 9, tmp_path)
    with pytest.raises(WorkerError) as raised:
        future.result(120)
    assert str(raised.value) == DIED
    assert len(list(tmp_path.iterdir())) == 3
    opened._client.wait_for_workers(3, timeout=120)


def test_a_comparison_in_a_folder_that_workers_see(
    cluster: tuple[Cluster, list[int]], tmp_path: Path
) -> None:
    opened, _ = cluster
    assert opened.sees(tmp_path)
    raw = {"features": "raw patches", "window": 5, "stride": 2}
    comparison = run(data_set(4), [Variant("pca-residual", raw)], tmp_path, executor=opened)
    assert [result.variant.label for result in comparison.results] == ["pca-residual"]


def test_what_workers_may_take_is_respected(cluster: tuple[Cluster, list[int]]) -> None:
    address = cluster[0]._client.scheduler.address
    with Cluster(address, memory_mb=1500) as fitting:
        assert fitting.at_once == 3
        assert fitting.submit(work.power, 3).result(60) == 9
    with pytest.raises(WorkerError, match="No worker may use 4,000 MB of memory"):
        Cluster(address, memory_mb=4000)


def test_an_address_without_a_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.workers.cluster.PATIENCE", 1)
    with pytest.raises(WorkerError, match="does not answer as a Dask scheduler"):
        Cluster("tcp://127.0.0.1:9")
