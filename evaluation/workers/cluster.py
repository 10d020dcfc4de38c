"""Units of work on a cluster of Dask: workers on this machine or on others.

Start ``dask scheduler``, then on every machine ``dask worker tcp://... --nthreads 1`` with as many
``--nworkers`` as units that shall run there at a time; this package must be installed everywhere.
"""

import io
import shutil
import tempfile
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from secrets import token_hex
from typing import Any

from evaluation.comparison.storage import writing
from evaluation.workers.errors import DIED, REPEATS, WorkerError
from evaluation.workers.threads import limit_threads

PATIENCE = 20
"""Seconds in which a scheduler must answer and have a worker."""
UNPACKED = 2
"""Data sets that a worker keeps on its disk."""


@dataclass(frozen=True)
class Archive:
    """A folder as bytes that travel to a worker."""

    digest: str
    content: bytes


class Cluster(Executor):
    """The workers of a Dask scheduler as an executor, and the carrier of data to them.

    A unit runs alone in its worker, with few threads. A unit whose worker dies is run again by the
    scheduler, up to `REPEATS` times. With `memory_mb` only workers that may use as much are given
    units. Raises `WorkerError` when there is no scheduler or no such worker.
    """

    def __init__(self, address: str, *, threads: int = 1, memory_mb: float | None = None) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise WorkerError(
                "--dask needs the package distributed; install it with pip install "
                "'anomaly-compare[dask]'."
            ) from None
        try:
            self._client = Client(address, timeout=PATIENCE, set_as_default=False)
            self._client.wait_for_workers(1, timeout=PATIENCE)
        except (OSError, TimeoutError, ValueError) as error:
            raise WorkerError(
                f"--dask {address} does not answer as a Dask scheduler with a worker; expected an "
                "address such as tcp://host:8786."
            ) from error
        self._client.run_on_scheduler(_repeat_at_most, REPEATS)
        self._threads = threads
        self._workers = self._fit(memory_mb)
        self._archives: dict[Path, Any] = {}

    @property
    def at_once(self) -> int:
        """How many units run at a time."""
        return len(self._workers)

    def _fit(self, memory_mb: float | None) -> list[str]:
        """The workers that may take as much memory; raises `WorkerError` where there is none."""
        present = self._client.scheduler_info(n_workers=-1)["workers"]
        shared = [name for name, facts in present.items() if facts["nthreads"] > 1]
        if shared:
            raise WorkerError(
                f"{shared[0]} would run {present[shared[0]]['nthreads']} units in one process; "
                "start workers with --nthreads 1."
            )
        need = (memory_mb or 0) * 2**20
        fit = [name for name, facts in present.items() if facts["memory_limit"] >= need or not need]
        if not fit:
            most = max(facts["memory_limit"] for facts in present.values()) / 2**20
            raise WorkerError(
                f"No worker may use {memory_mb:,.0f} MB of memory, as the suite asks; the largest "
                f"has {most:,.0f} MB."
            )
        return fit if need else list(present)

    def sees(self, folder: Path) -> bool:
        """Whether all workers see a folder of this machine under the same path."""
        token = token_hex(16)
        file = folder / f"{token}.token"
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            file.write_text(token)
        try:
            found = self._client.run(_content, str(file.resolve()), workers=self._workers)
        finally:
            file.unlink()
        return all(one == token for one in found.values())

    def carry(self, folder: Path) -> object:
        """The folder where all workers see it; else its content, which travels once a worker."""
        if self.sees(folder):
            return folder.resolve()
        content = _packed(folder)
        archive = Archive(blake2b(content, digest_size=16).hexdigest(), content)
        self._archives[folder] = self._client.scatter(archive, hash=False)
        return self._archives[folder]

    def drop(self, folder: Path) -> None:
        """Let workers forget the content of a folder."""
        self._archives.pop(folder, None)

    def submit(self, function: Callable[..., Any], /, *args: Any, **options: Any) -> "Future[Any]":
        """Let a worker call a function; what `carry` gave is a folder there."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        restricted = self._workers if len(self._workers) < self._count() else None
        task = self._client.submit(
            _call, self._threads, function, options, *args, pure=False, workers=restricted
        )

        def ended(task: Any) -> None:
            try:
                future.set_result(task.result())
            except Exception as error:
                future.set_exception(_explained(error))

        task.add_done_callback(ended)
        return future

    def _count(self) -> int:
        return len(self._client.scheduler_info(n_workers=-1)["workers"])

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster; what still waits there is forgotten."""
        self._client.close()


def _explained(error: Exception) -> Exception:
    from distributed.scheduler import KilledWorker

    return WorkerError(DIED) if isinstance(error, KilledWorker) else error


def _repeat_at_most(times: int, dask_scheduler: Any = None) -> None:
    """Runs on the scheduler, which gives up a unit after so many more deaths of its workers."""
    dask_scheduler.allowed_failures = times


def _content(path: str) -> str:
    """Runs on a worker."""
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _packed(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return buffer.getvalue()


_unpacked: "OrderedDict[str, Path]" = OrderedDict()
_lock = threading.Lock()


def _call(threads: int, function: Any, options: dict[str, Any], *arguments: Any) -> Any:
    """Runs on a worker: the unit, on unpacked data, alone in the process."""
    with _lock:
        limit_threads(threads)
        given = [_folder_of(one) if isinstance(one, Archive) else one for one in arguments]
        return function(*given, **options)


def _folder_of(archive: Archive) -> Path:
    """Where an archive lies unpacked on the disk of this worker; those before the last two go."""
    if archive.digest not in _unpacked:
        while len(_unpacked) >= UNPACKED:
            shutil.rmtree(_unpacked.popitem(last=False)[1], ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix="set-", dir=_local_folder()))
        with zipfile.ZipFile(io.BytesIO(archive.content)) as packed:
            packed.extractall(folder)
        _unpacked[archive.digest] = folder
    _unpacked.move_to_end(archive.digest)
    return _unpacked[archive.digest]


def _local_folder() -> str | None:
    """The folder of this worker, which Dask clears when it ends."""
    from distributed import get_worker

    with suppress(ValueError):
        return str(get_worker().local_directory)
    return None
