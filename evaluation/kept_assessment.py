"""What was computed of a method, in a file beside its results, so that it is computed once.

It holds what the first sight of a comparison needs, which costs seconds for hundreds of images: the
metrics and their draws, image scores, curves, the usual thresholds. The score maps stay what
everything follows from: a file of another version or protocol, one that other modules computed, or
a damaged one, is passed over.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

import methods
from evaluation.assessment import Assessment, assess
from evaluation.comparison.comparison import ASSESSMENT_FILE, Comparison, MethodResult
from evaluation.comparison.storage import WriteError, write_whole
from evaluation.decisions.calibration import FoundRate
from evaluation.decisions.thresholds import DEFAULT_RATE, LEVELS, Level
from evaluation.metrics.curves import Curve, Undefined
from evaluation.metrics.metrics import Metrics, Protocol
from evaluation.metrics.uncertainty import Band, Resampled
from images.version import VERSION

SCORES = ("image_scores", "normal_image_scores", "test_medians", "normal_medians")
"""Arrays with an entry for each test or normal image, by the names of their properties."""
HEADER = "assessment"
PACKAGES = (Path(__file__).parent, Path(methods.__file__).parent)
COMPUTED_BY = (
    *("assessment.py", "kept_assessment.py", "metrics/*.py", "decisions/*.py"),
    *("decisions/rules/*.py", "comparison/folds.py", "comparison/storage.py", "patches/grid.py"),
)
"""The modules of `PACKAGES` that decide on what is kept; a file from before they changed is not
used."""
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class _Header:
    """What is no array, and what all was computed with."""

    version: str
    modules: str
    """See `digest_of_modules`."""
    protocol: Protocol
    labels: tuple[bool | None, ...]
    metrics: Metrics
    images: Mapping[str, int]
    """See `Resampled.images`."""
    found_rates: tuple[FoundRate, ...]
    items: Mapping[Level, tuple[int, int]]
    curves: tuple[tuple[str, Level], ...]
    """Those that are defined, in the order of their arrays."""


_HEADER = TypeAdapter(_Header)


def assess_and_keep(comparison: Comparison, result: MethodResult) -> Assessment:
    """Judge one method of a comparison, and keep what was computed where the disk allows."""
    assessment = assess(comparison, result)
    content = _content(assessment)
    with suppress(WriteError):
        write_whole(result.folder / ASSESSMENT_FILE, content)
    return assessment


def kept_assessment(comparison: Comparison, result: MethodResult) -> Assessment:
    """The assessment of one method, with what was kept of it; the rest is computed when needed."""
    assessment = assess(comparison, result)
    with suppress(_Unfit):
        _restore(assessment, *_read(assessment))
    return assessment


@cache
def digest_of_modules() -> str:
    """Tells one state of the modules in `COMPUTED_BY` from another by what stands in them."""
    found = blake2b(digest_size=12)
    for package in PACKAGES:
        for path in sorted(path for pattern in COMPUTED_BY for path in package.glob(pattern)):
            content = path.read_bytes()
            found.update(f"{path.relative_to(package)} {len(content)}\n".encode() + content)
    return found.hexdigest()


class _Unfit(Exception):
    """There is no file, or it is of something else."""


def _content(assessment: Assessment) -> bytes:
    from safetensors.numpy import save

    resampled = assessment.resampled
    arrays: Arrays = {name: np.asarray(getattr(assessment, name)) for name in SCORES}
    arrays |= {f"draws {name}": values for name, values in resampled.values.items()}
    for level, band in resampled.roc_bands.items():
        arrays |= {f"band {level} {part}": values for part, values in vars(band).items()}
    curves = _curves(assessment)
    for at, curve in enumerate(curves.values()):
        arrays |= {f"curve {at} {part}": values for part, values in vars(curve).items()}
    arrays["extent"], arrays["peaks"] = np.array(assessment.extent), assessment.peaks
    with suppress(Undefined):
        arrays["usual"] = np.array([assessment.usual_score])
        for level in LEVELS:
            threshold = assessment.threshold(assessment.default_rule, level)
            arrays[f"threshold {level}"] = np.array([threshold.value])
    header = _Header(
        VERSION,
        digest_of_modules(),
        assessment.protocol,
        assessment.labels,
        assessment.metrics,
        resampled.images,
        assessment.found_rates,
        assessment.items,
        tuple(curves),
    )
    ordered = {name: np.ascontiguousarray(values) for name, values in arrays.items()}
    return save(ordered, {HEADER: _HEADER.dump_json(header).decode()})


def _curves(assessment: Assessment) -> dict[tuple[str, Level], Curve]:
    """All curves that are defined."""
    for level in LEVELS:
        for make in (assessment.roc, assessment.precision_recall):
            with suppress(Undefined):
                make(level)
    with suppress(Undefined):
        assessment.pro()
    return assessment.curves


def _read(assessment: Assessment) -> tuple[_Header, Arrays]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(assessment.result.folder / ASSESSMENT_FILE), framework="numpy") as file:
            header = _HEADER.validate_json((file.metadata() or {}).get(HEADER, ""))
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValidationError) as error:
        raise _Unfit from error
    found = (header.version, header.modules, header.protocol)
    if found != (VERSION, digest_of_modules(), assessment.protocol):
        raise _Unfit
    return header, arrays


def _restore(assessment: Assessment, header: _Header, arrays: Arrays) -> None:
    """Set the properties that are computed once, as if they had been asked for."""
    test, normal = len(assessment.truths), len(assessment.normal_truths)
    if [len(arrays.get(name, ())) for name in SCORES] != [test, normal, test, normal]:
        raise _Unfit
    if len(header.labels) != test:
        raise _Unfit
    found: dict[str, Any] = {name: arrays[name] for name in SCORES}
    found |= {"labels": header.labels, "metrics": header.metrics, "items": header.items}
    found["found_rates"] = header.found_rates
    try:
        found["extent"], found["peaks"] = tuple(arrays["extent"].tolist()), arrays["peaks"]
        found["resampled"] = Resampled(
            {name: arrays[f"draws {name}"] for name in header.images},
            header.images,
            {
                level: Band(**_parts(Band, arrays, f"band {level}"))
                for level in LEVELS
                if f"band {level} x" in arrays
            },
        )
        found["curves"] = {
            key: Curve(**_parts(Curve, arrays, f"curve {at}"))
            for at, key in enumerate(header.curves)
        }
    except KeyError as error:
        raise _Unfit from error
    if "usual" in arrays:
        found["usual_score"] = float(arrays["usual"][0])
    found["set_by_rules"] = {
        (assessment.default_rule, level, DEFAULT_RATE): float(arrays[f"threshold {level}"][0])
        for level in LEVELS
        if f"threshold {level}" in arrays
    }
    vars(assessment).update(found)


def _parts(kind: type[Band | Curve], arrays: Arrays, name: str) -> Arrays:
    """The arrays of which a band or curve is made."""
    return {part.name: arrays[f"{name} {part.name}"] for part in fields(kind)}
