"""Names of networks in ONNX files: the file, and what the file does not say of itself.

    onnx:FILE?mean=0.485;0.456;0.406&std=0.229;0.224;0.225&outputs=A;B&size=518

All after the question mark may be left out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from methods.detector import DetectorError
from methods.features.backbones.backbone import ONNX

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class OnnxName:
    """What a name says of a network in an ONNX file.

    It is given ``(image - mean) / std`` of an RGB image in [0, 1].
    """

    file: str
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    outputs: tuple[str, ...] = ()
    """Tensors of the graph whose values are the stages; those that it gives out if empty."""
    prefix: int | None = None
    """Tokens before those of the cells, such as a class token; None to tell from the shapes."""
    size: tuple[int, int] | None = None
    """Height and width of the images that it takes, where the file leaves them open."""


def parse(name: str) -> OnnxName:
    """The parts of ``onnx:FILE?KEY=VALUE&...``; raises `DetectorError` with one sentence."""
    file, _, query = name.removeprefix(ONNX).partition("?")
    if not file:
        raise DetectorError(f"{name!r} names no file; expected {ONNX}FILE.")
    found: dict[str, Any] = {}
    for part in query.split("&") if query else ():
        key, equals, text = part.partition("=")
        if not equals or key not in _KEYS or key in found:
            raise DetectorError(
                f"{name!r} has {part!r}; expected {', '.join(_KEYS)}, each once, as KEY=VALUE."
            )
        expected, read = _KEYS[key]
        try:
            found[key] = read([value.strip() for value in text.split(";")])
        except ValueError:
            raise DetectorError(f"{key} of {name!r} is {text!r}; expected {expected}.") from None
    return OnnxName(file, **found)


def _three(values: list[str]) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    if not all(abs(value) <= 1e6 for value in (first, second, third)):
        raise ValueError
    return first, second, third


def _three_positive(values: list[str]) -> tuple[float, float, float]:
    found = _three(values)
    if min(found) <= 0:
        raise ValueError
    return found


def _tensors(values: list[str]) -> tuple[str, ...]:
    if not all(values) or len(set(values)) < len(values):
        raise ValueError
    return tuple(values)


def _prefix(values: list[str]) -> int:
    (count,) = (int(value) for value in values)
    if not 0 <= count <= 1000:
        raise ValueError
    return count


def _size(values: list[str]) -> tuple[int, int]:
    sides = [int(value) for value in values]
    if len(sides) not in (1, 2) or not all(16 <= side <= 4096 for side in sides):
        raise ValueError
    return sides[0], sides[-1]


_KEYS: dict[str, tuple[str, Callable[[list[str]], Any]]] = {
    "mean": ("three numbers for red, green and blue in [0, 1], separated by ;", _three),
    "std": ("three numbers above 0, separated by ;", _three_positive),
    "outputs": ("different names of tensors, separated by ;", _tensors),
    "prefix": ("a whole number from 0 to 1000", _prefix),
    "size": ("one or two whole numbers from 16 to 4096, separated by ;", _size),
}
