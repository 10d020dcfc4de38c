"""What a suite is: data sets, methods with settings, and seeds; read from a TOML file or a folder.

seeds = [0, 1, 2]
methods = ["padim", {detector = "sparse-coding", label = "strong", params = {penalty = 0.3}}]
sets = [{sample = "brick"}, {path = "data/grid"}, {folder = "data"}]
"""

import tomllib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from evaluation.comparison.comparison import Variant
from evaluation.roles import ROLE_NAMES, placed_roles, role_named
from images.dataset import DataSet
from images.errors import AnomalyError
from images.layouts.registry import SeveralSetsError
from images.open import find_files
from images.roles.understanding import problem, understand
from images.samples.catalogue import load_sample, samples
from images.words import count
from methods import registry

CALIBRATION_SECONDS = 0.0
"""Two folds for every method: results do not depend on how busy the machine is."""


class SuiteError(AnomalyError):
    """A suite cannot be read or run; the text is one sentence that names what is wrong."""


@dataclass(frozen=True)
class SetSource:
    """One data set, and how to open it."""

    name: str
    """Unique in a suite."""
    path: Path | None = None
    """None for a sample, which is called as `name` says unless `sample` does."""
    sample: str = ""
    layout: str | None = None
    part: str | None = None
    roles: tuple[tuple[str, str], ...] = ()

    def open(self) -> DataSet:
        """The data set, called as the suite calls it.

        Raises `ImageError`, or `SuiteError` where no comparison can be run on it.
        """
        if self.path is None:
            return replace(load_sample(self.sample), name=self.name)
        files = find_files(self.path)
        roles = placed_roles(files, self.roles, lambda place, role: "A role")
        data = understand(files, roles, layout=self.layout, part=self.part)
        if not data.undecided:
            files.check(part=self.part)
            data = understand(files, roles, layout=self.layout, part=self.part)
        if reason := problem(data, needs_normal=False):
            raise SuiteError(reason)
        return replace(data, name=self.name)


@dataclass(frozen=True)
class Suite:
    """Every method on every set with every seed."""

    name: str
    sets: tuple[SetSource, ...]
    variants: tuple[Variant, ...]
    """With seed 0; a unit of work has the seed of its own."""
    seeds: tuple[int, ...] = (0,)
    calibration_seconds: float = CALIBRATION_SECONDS
    threads: int = 1
    """With which a unit of work computes."""
    memory_mb: float | None = None
    """What a unit of work may take; None for an equal share of the machine."""
    uncalibrated: frozenset[str] = frozenset()
    """Labels of methods that are fitted once and not cross-fitted."""
    left_out: tuple[str, ...] = ()
    """Why folders beside the sets are not used, in sentences."""

    def __post_init__(self) -> None:
        for what, names in (
            ("data sets", [one.name for one in self.sets]),
            ("methods", [one.label for one in self.variants]),
        ):
            twice = [name for at, name in enumerate(names) if name in names[:at]]
            if twice:
                raise SuiteError(f"{self.name} has two {what} with the name {twice[0]!r}.")
            if not names:
                raise SuiteError(f"{self.name} has no {what}; expected at least one.")
        if not self.seeds:
            raise SuiteError(f"{self.name} has no seeds; expected at least one.")
        for variant in self.variants:
            variant.checked()

    @property
    def text(self) -> str:
        """What the suite is, in one line."""
        units = len(self.sets) * len(self.variants) * len(self.seeds)
        return (
            f"{self.name} is read as a suite: {count(len(self.variants), 'method')} on "
            f"{count(len(self.sets), 'data set')} with {count(len(self.seeds), 'seed')}, "
            f"{count(units, 'result')}."
        )


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Method(_Strict):
    detector: str
    label: str = ""
    params: dict[str, Any] = {}
    calibrated: bool = True


class _Set(_Strict):
    sample: str | None = None
    path: Path | None = None
    folder: Path | None = None
    name: str | None = None
    layout: str | None = None
    part: str | None = None
    roles: dict[str, str] = {}

    @model_validator(mode="after")
    def _one_place(self) -> "_Set":
        if sum(place is not None for place in (self.sample, self.path, self.folder)) != 1:
            raise ValueError("expected exactly one of sample, path and folder")
        return self


class _File(_Strict):
    name: str | None = None
    seeds: list[int] = Field([0], min_length=1)
    methods: list[str | _Method] = Field(min_length=1)
    sets: list[_Set] = Field(min_length=1)
    calibration_seconds: float = Field(CALIBRATION_SECONDS, ge=0)
    threads: int = Field(1, ge=1)
    memory_mb: float | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _seeds_differ(self) -> "_File":
        if min(self.seeds) < 0 or len(set(self.seeds)) < len(self.seeds):
            raise ValueError("expected seeds from 0 that differ")
        return self


def read_suite(path: Path) -> Suite:
    """The suite that a TOML file describes; its paths are relative to the file.

    Raises `SuiteError`, `ImageError`, `DetectorError` or `ParameterError`.
    """
    try:
        found = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SuiteError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SuiteError(f"{path} is not valid TOML: {error}.") from error
    except ValidationError as error:
        # Of the two kinds of a method, the one that fits further tells what is wrong.
        first = max(error.errors(), key=lambda one: len(one["loc"]))
        parts = [str(part) for part in first["loc"] if part not in ("str", _Method.__name__)]
        place = ".".join(parts) or "the whole"
        reason = first["msg"].removeprefix("Value error, ")
        raise SuiteError(f"{path} is wrong at {place}: {reason}.") from error
    variants = [
        Variant(method)
        if isinstance(method, str)
        else Variant(method.detector, method.params, label=method.label)
        for method in found.methods
    ]
    left_out: list[str] = []
    sources = [source for one in found.sets for source in _sources(one, path.parent, left_out)]
    return Suite(
        found.name or path.stem,
        tuple(sources),
        tuple(variants),
        tuple(found.seeds),
        found.calibration_seconds,
        found.threads,
        found.memory_mb,
        frozenset(
            method.label or method.detector
            for method in found.methods
            if isinstance(method, _Method) and not method.calibrated
        ),
        tuple(left_out),
    )


def _sources(given: _Set, base: Path, left_out: list[str]) -> Iterator[SetSource]:
    if given.folder is not None:
        sources, sentences = sets_below(base / given.folder)
        left_out += sentences
        yield from sources
    elif given.sample is not None:
        if given.sample not in samples():
            raise SuiteError(
                f"There is no sample {given.sample!r}; choose from {', '.join(samples())}."
            )
        yield sample_source(given.sample, given.name)
    else:
        assert given.path is not None
        path = base / given.path
        own = path.stem if path.suffix.lower() == ".zip" else path.name
        name = given.name or (given.part or own).rpartition("/")[2]
        roles = tuple((place, _role(text)) for place, text in given.roles.items())
        yield SetSource(name, path, layout=given.layout, part=given.part, roles=roles)


def _role(text: str) -> str:
    role = role_named(text)
    if role is None:
        raise SuiteError(f"{text!r} is no role; expected {ROLE_NAMES}.")
    return role


def sample_source(sample: str, name: str | None = None) -> SetSource:
    """A sample as a set of a suite."""
    return SetSource(name or sample, sample=sample)


def sets_below(folder: Path) -> tuple[list[SetSource], list[str]]:
    """The data sets in the folders and ZIP archives of a folder, and why others are not used.

    One that holds several gives them all, each with a name such as ``mvtec/bottle``; where none is
    below the folder, those that it holds itself are taken. Raises `SuiteError` where there is none.
    """
    try:
        places = sorted(folder.iterdir())
    except OSError as error:
        raise SuiteError(f"{folder} cannot be read: {error.strerror}.") from error
    sources: list[SetSource] = []
    left_out: list[str] = []
    for place in places:
        if place.is_dir() or place.suffix.lower() == ".zip":
            try:
                sources += _sets_at(place)
            except AnomalyError as error:
                left_out.append(f"{place.name} is not used. {error}")
    if not sources:
        with suppress(AnomalyError):
            parts = [part for part in _sets_at(folder) if part.part is not None]
            sources = [replace(part, name=str(part.part)) for part in parts]
            left_out = []
    if not sources:
        raise SuiteError(f"{folder} has no data set below it; expected one in each folder or ZIP.")
    return sources, left_out


def _sets_at(place: Path) -> list[SetSource]:
    """The sets in a folder or an archive. Raises `AnomalyError` where there is none."""
    name = place.name if place.is_dir() else place.stem
    try:
        data = understand(find_files(place))
    except SeveralSetsError as several:
        return [SetSource(f"{name}/{part}", place, part=part) for part in several.sets]
    if reason := problem(data, needs_normal=False):
        raise SuiteError(reason)
    return [SetSource(name, place)]


def folder_suite(folder: Path, variants: Sequence[Variant], seeds: Sequence[int]) -> Suite:
    """The suite of all data sets below a folder. Raises `SuiteError`."""
    sources, left_out = sets_below(folder)
    return Suite(
        folder.resolve().name,
        tuple(sources),
        tuple(variants),
        tuple(seeds),
        left_out=tuple(left_out),
    )


def all_methods() -> tuple[Variant, ...]:
    """Every registered method with its defaults, but for those that need known classes."""
    return tuple(
        Variant(name) for name in registry.names() if not registry.get(name).needs_classes()
    )
