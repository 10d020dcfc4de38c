"""What a bundle is: a fitted detector and all that decides about a new image.

It is one safetensors file: the arrays of the model, the region of interest, and for every normal
image the image score, the middle score and the measured properties; in the header stand the
format, the facts and the model's own header as JSON. So nothing in it can be executed or unpacks to
more than its size, and a path stands in it only in the name of a network, which is used where
`ANOMALY_BACKBONES` lists it; what a header claims of the arrays is checked against the
length of the file before memory is taken.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from evaluation.bundle.facts import PROPERTIES, Facts
from evaluation.bundle.network import header_here
from evaluation.metrics.curves import Scores
from evaluation.report.display import DisplayRange, display_range
from images.colour import Mask
from images.errors import AnomalyError, shown
from images.properties import Properties
from methods import registry
from methods.detector import Array, Detector, check_header

FORMAT = "anomaly-compare bundle 1"
SUFFIX = ".safetensors"
MODEL = "model."
"""Before the names of the model's arrays."""
REGION, SCORES, MEDIANS, MEASURED = "region", "normal.scores", "normal.medians", "normal.properties"

_TEXTS = TypeAdapter(dict[str, str])


class BundleError(AnomalyError):
    """A file cannot be read or used as a bundle; the text is one sentence that names it."""


@dataclass(frozen=True)
class Bundle:
    """A fitted detector with its thresholds, preprocessing and calibration."""

    facts: Facts
    region: Mask | None
    """The region of interest (H, W) of every image; None for all pixels."""
    normal_scores: Scores
    """The score (n,) of each calibrated normal image, from a model that was not trained on it."""
    normal_medians: Scores
    """The middle score (n,) of the same images."""
    normal_properties: tuple[Properties, ...]
    """What was measured of the normal images."""
    model_header: Mapping[str, str]
    model_arrays: Mapping[str, Array]
    name: str = "the bundle"
    """What the file is called in sentences."""
    digest: str = ""
    """Of the bytes of the file; empty for one that was not read from a file."""
    network_file: str = ""
    """The file of its network, where a person has named one."""

    @cached_property
    def detector(self) -> Detector:
        """The fitted detector.

        Raises `DetectorError` when the file does not hold one, `UnavailableError` when its network
        is not here.
        """
        found = registry.get(self.model_header["detector"])
        header = header_here(self.model_header, self.model_arrays, self.name, self.network_file)
        return found.restored(header, self.model_arrays, self.name)

    @property
    def scale(self) -> DisplayRange:
        """The colour scale of the maps, the same for all images."""
        return display_range(self.facts.display_low, self.facts.pixel_threshold.value)

    def save(self, path: Path) -> None:
        """Write the bundle; the file is there whole or not at all.

        Raises `WriteError` when it cannot be written.
        """
        from evaluation.comparison.storage import write_whole

        write_whole(path, self.to_bytes())

    def to_bytes(self) -> bytes:
        """The bundle as the bytes of its file."""
        from safetensors.numpy import save

        arrays = {MODEL + key: value for key, value in self.model_arrays.items()}
        if self.region is not None:
            arrays[REGION] = self.region
        arrays[SCORES], arrays[MEDIANS] = self.normal_scores, self.normal_medians
        arrays[MEASURED] = np.array(
            [[getattr(one, name) for name in PROPERTIES] for one in self.normal_properties],
            dtype=np.float64,
        ).reshape(-1, len(PROPERTIES))
        header = {
            "format": FORMAT,
            "facts": self.facts.model_dump_json(),
            "model": _TEXTS.dump_json(dict(self.model_header)).decode(),
        }
        ordered = {key: np.asarray(value, order="C") for key, value in arrays.items()}
        return save(ordered, metadata=header)


def open_bundle(path: Path, name: str = "", *, network_file: str = "") -> Bundle:
    """The bundle in a file; `name` is what it is called in sentences, by default its path.

    `network_file` is the file of its network, where that has another path on this machine. The
    model is built when it is asked for. Raises `BundleError` when the file holds no bundle, one
    of another format or a damaged one.
    """
    name = shown(name or str(path))
    header, arrays, digest = _read(path, name)
    check_format(header, name)
    try:
        facts = Facts.model_validate_json(header["facts"])
        model_header = _TEXTS.validate_json(header["model"])
    except KeyError as error:
        raise BundleError(f"{name} is damaged: {error.args[0]} is missing.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the header"
        raise BundleError(f"{name} is damaged at {shown(place)}: {shown(first['msg'])}.") from error
    check_header(model_header, name)
    scores, medians = (_vector(arrays, key, name) for key in (SCORES, MEDIANS))
    if len(scores) != len(medians):
        raise BundleError(f"{name} is damaged: {len(scores)} scores, {len(medians)} medians.")
    return Bundle(
        facts,
        _region(arrays, name),
        scores,
        medians,
        _properties(arrays, name),
        model_header,
        {key.removeprefix(MODEL): arrays[key] for key in arrays if key.startswith(MODEL)},
        name,
        digest,
        network_file,
    )


def check_format(header: Mapping[str, str], name: str) -> None:
    """Raise `BundleError`, which says why, unless a header is that of a bundle of this format."""
    found = header.get("format", "")
    if found == FORMAT:
        return
    if re.fullmatch(rf"{FORMAT[:-1]}\d{{1,9}}", found):
        raise BundleError(
            f"{name} is a bundle of format {found.rpartition(' ')[2]}, and this version of Anomaly "
            f"Compare reads format {FORMAT.rpartition(' ')[2]}; export the method again with this "
            "version."
        )
    if found.startswith("anomaly-compare detector"):
        raise BundleError(
            f"{name} is a fitted detector without thresholds; expected a bundle, which "
            "anomaly-compare export writes."
        )
    raise BundleError(f"{name} is not a bundle of Anomaly Compare.")


def _read(path: Path, name: str) -> tuple[dict[str, str], dict[str, Array], str]:
    """Header, arrays and digest of a file."""
    from safetensors import SafetensorError, safe_open

    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
        with safe_open(str(path), framework="numpy") as opened:
            header = opened.metadata() or {}
            check_format(header, name)
            arrays = {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118
    except BundleError:
        raise
    except OSError as error:
        raise BundleError(
            f"{name} cannot be read: {(error.strerror or str(error)).lower()}."
        ) from (error)
    except SafetensorError as error:
        raise BundleError(f"{name} is not a bundle of Anomaly Compare.") from error
    except Exception as error:  # an array of a type that numpy does not have
        raise BundleError(f"{name} is damaged: its arrays cannot be read.") from error
    return header, arrays, digest


def _array(
    arrays: Mapping[str, Array], key: str, kind: type, shape: str, name: str
) -> NDArray[Any]:
    """A finite array of a type and a number of axes."""
    found = arrays.get(key)
    if found is None or found.dtype != kind or found.ndim != shape.count(",") + 1:
        raise BundleError(f"{name} is damaged: expected {key} as {kind.__name__} ({shape}).")
    if kind is not np.bool_ and not np.isfinite(found).all():
        raise BundleError(f"{name} is damaged: {key} contains NaN or infinity.")
    return found


def _vector(arrays: Mapping[str, Array], key: str, name: str) -> Scores:
    return _array(arrays, key, np.float32, "n", name)


def _region(arrays: Mapping[str, Array], name: str) -> Mask | None:
    if REGION not in arrays:
        return None
    region = _array(arrays, REGION, np.bool_, "height, width", name)
    if not region.any():
        raise BundleError(f"{name} is damaged: its region of interest is empty.")
    return region


def _properties(arrays: Mapping[str, Array], name: str) -> tuple[Properties, ...]:
    found = _array(arrays, MEASURED, np.float64, "n, properties", name)
    if found.shape[1] != len(PROPERTIES):
        raise BundleError(
            f"{name} is damaged: expected {len(PROPERTIES)} properties of each image."
        )
    return tuple(Properties(*row) for row in found.tolist())
