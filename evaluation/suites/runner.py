"""Run what is missing of a suite, in whatever processes an executor has, and keep each result."""

import platform
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from evaluation.comparison.storage import WriteError, folder_name, read_json, write_json, writing
from evaluation.comparison.temporary import new_folder
from evaluation.suites.rows import Row, read_row, write_row
from evaluation.suites.suite import SetSource, Suite
from evaluation.suites.unit import Unit, run_unit, store_set
from images.dataset import DataSet
from images.errors import AnomalyError, explained

ROWS_FOLDER = "rows"
SUITE_FILE = "suite.json"
STORED_PREFIX = "stored-"
"""How the names of folders begin in which data sets lie while they are used."""


@dataclass(frozen=True)
class SetFacts:
    """What is known of a data set when it has been opened."""

    name: str
    normal: int
    test: int
    about: str


@dataclass(frozen=True)
class SuiteFacts:
    """What `suite.json` holds, so that results can be read without the suite."""

    name: str
    methods: tuple[str, ...]
    seeds: tuple[int, ...]
    sets: tuple[str, ...]
    opened: tuple[SetFacts, ...] = ()


class Carrier(Protocol):
    """Brings stored sets to where units run."""

    def carry(self, folder: Path) -> Any:
        """What a unit is given in place of the folder."""

    def drop(self, folder: Path) -> None:
        """No unit needs the folder any more."""


class SameMachine:
    """The carrier for processes of this machine, which see the folder."""

    def carry(self, folder: Path) -> Any:
        """The folder itself."""
        return folder

    def drop(self, folder: Path) -> None:
        """Nothing was copied."""


@dataclass
class _Progress:
    """Which units wait for each set that is stored."""

    left: dict[Path, int] = field(default_factory=dict)
    futures: dict["Future[Row]", tuple[Unit, Path]] = field(default_factory=dict)


def units_of(suite: Suite, source: SetSource) -> list[Unit]:
    """Every method with every seed on one set."""
    return [
        Unit(
            source.name,
            replace(variant, seed=seed),
            None if variant.label in suite.uncalibrated else suite.calibration_seconds,
        )
        for variant in suite.variants
        for seed in suite.seeds
    ]


def kept_row(folder: Path, unit: Unit) -> Row | None:
    """The row of a unit, where one of the same settings was kept.

    Rows of earlier versions tell no settings and are taken as they are.
    """
    row = read_row(folder, unit.set, unit.variant.label, unit.variant.seed)
    return None if row is None or (row.settings and row.settings != unit.settings) else row


def run_suite(
    suite: Suite,
    out: Path,
    executor: Executor,
    *,
    at_once: int = 1,
    carrier: Carrier | None = None,
    rows: Path | None = None,
    retry_failed: bool = False,
    tell: Callable[[str], None] = lambda sentence: None,
) -> list[Row]:
    """Run every unit that has no row in the folder yet; returns the rows of the whole suite.

    `at_once` is how many units the executor runs at a time: the next set is stored, in a thread,
    while so many of the last one still wait. `rows` is the folder of the rows, below `out` unless
    given. A unit whose method fails has a row that says why, and is run again with `retry_failed`;
    a set that cannot be opened has such rows for all its units, none of which is kept. Whatever
    stops this function, rows that were there stay, and another call goes on from them. Raises
    `WriteError`.
    """
    carrier = carrier or SameMachine()
    folder = rows or out / ROWS_FOLDER
    for place in (folder, out):
        with writing(place):
            place.mkdir(parents=True, exist_ok=True)
    facts = _Facts(out, suite)
    found: dict[tuple[str, str, int], Row] = {}
    missing: dict[SetSource, list[Unit]] = {}
    for source in suite.sets:
        for unit in units_of(suite, source):
            row = kept_row(folder, unit)
            if row is None or (retry_failed and row.failure):
                missing.setdefault(source, []).append(unit)
            else:
                found[_key(unit)] = row
    if found:
        tell(f"{len(found)} results are there already.")
    done = len(found)
    total = done + sum(map(len, missing.values()))

    def note(unit: Unit, row: Row, *, keep: bool = True) -> None:
        nonlocal done
        found[_key(unit)] = row
        done += 1
        if keep:
            write_row(folder, row)
        said = f"failed: {row.failure}" if row.failure else "done"
        tell(f"{done} of {total}: {unit.variant.label} on {unit.set}, seed {row.seed}, {said}")

    stored = new_folder(out, f"{STORED_PREFIX}{folder_name(platform.node(), 'here')}-")
    try:
        _run(missing, executor, at_once, carrier, stored, facts, note, tell)
    finally:
        shutil.rmtree(stored, ignore_errors=True)
    return [found[_key(unit)] for source in suite.sets for unit in units_of(suite, source)]


def _key(unit: Unit) -> tuple[str, str, int]:
    return unit.set, unit.variant.label, unit.variant.seed


class _Facts:
    """Keeps `suite.json` up to date while sets are opened."""

    def __init__(self, out: Path, suite: Suite) -> None:
        self._path = out / SUITE_FILE
        self._facts = SuiteFacts(
            suite.name,
            tuple(variant.label for variant in suite.variants),
            suite.seeds,
            tuple(source.name for source in suite.sets),
            read_facts(out).opened if self._path.is_file() else (),
        )
        write_json(self._path, self._facts)

    def opened(self, data: DataSet) -> None:
        """Note what is in a data set."""
        others = [one for one in self._facts.opened if one.name != data.name]
        own = SetFacts(data.name, len(data.normal), len(data.test), data.about)
        self._facts = replace(self._facts, opened=(*others, own))
        write_json(self._path, self._facts)


def read_facts(out: Path) -> SuiteFacts:
    """What `suite.json` in a folder says. Raises `ComparisonError` where it is not there."""
    return read_json(out / SUITE_FILE, SuiteFacts)


def _run(
    missing: dict[SetSource, list[Unit]],
    executor: Executor,
    at_once: int,
    carrier: Carrier,
    stored: Path,
    facts: _Facts,
    note: Callable[..., None],
    tell: Callable[[str], None],
) -> None:
    """Store set after set and run its units; no more than two sets lie on the disk unused."""
    waiting = enumerate(missing.items())
    progress = _Progress()
    with ThreadPoolExecutor(1) as storing:
        preparing: _Preparing | None = None
        while True:
            if preparing is not None and preparing.future.done():
                _begin(preparing, executor, carrier, progress, facts, note, tell)
                preparing = None
            if preparing is None and len(progress.futures) <= 2 * at_once:
                preparing = _next_set(waiting, storing, stored)
            watched: list[Future[Any]] = [*progress.futures]
            if preparing is not None:
                watched.append(preparing.future)
            if not watched:
                return
            ended, _ = wait(watched, return_when=FIRST_COMPLETED)
            for future in [one for one in progress.futures if one in ended]:
                unit, place = progress.futures.pop(future)
                note(unit, _outcome(future, unit))
                progress.left[place] -= 1
                if not progress.left[place]:
                    carrier.drop(place)
                    shutil.rmtree(place, ignore_errors=True)


@dataclass(frozen=True)
class _Preparing:
    """A set that is being stored, and the units that wait for it."""

    source: SetSource
    units: Sequence[Unit]
    place: Path
    future: "Future[tuple[DataSet, tuple[str, ...]]]"


def _next_set(
    waiting: Iterator[tuple[int, tuple[SetSource, list[Unit]]]], storing: Executor, stored: Path
) -> _Preparing | None:
    for number, (source, units) in waiting:
        place = stored / f"{number}-{folder_name(source.name)[:80]}"
        return _Preparing(source, units, place, storing.submit(_stored, source, place))
    return None


def _stored(source: SetSource, place: Path) -> tuple[DataSet, tuple[str, ...]]:
    data = source.open()
    return data, store_set(data, place)


def _begin(
    prepared: _Preparing,
    executor: Executor,
    carrier: Carrier,
    progress: _Progress,
    facts: _Facts,
    note: Callable[..., None],
    tell: Callable[[str], None],
) -> None:
    """Let the units of a set run that has been stored; where it could not be, they fail."""
    try:
        data, sentences = prepared.future.result()
    except WriteError:
        raise
    except AnomalyError as error:
        for unit in prepared.units:
            note(unit, unit.failed(str(error)), keep=False)
        return
    facts.opened(data)
    for sentence in sentences:
        tell(sentence)
    given = carrier.carry(prepared.place)
    progress.left[prepared.place] = len(prepared.units)
    for unit in prepared.units:
        progress.futures[executor.submit(run_unit, unit, given)] = unit, prepared.place


def _outcome(future: "Future[Row]", unit: Unit) -> Row:
    try:
        return future.result()
    except Exception as error:
        return unit.failed(explained(error))
