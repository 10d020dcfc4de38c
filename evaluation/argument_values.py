"""What the arguments of the command line may be: texts become values, or a sentence says why not.

Each function raises `ArgumentTypeError`, to which the parser adds the name of the argument.
"""

import argparse
import math

from evaluation.comparison.learning_curve import MOST_DRAWS
from evaluation.roles import ROLE_NAMES, role_named
from images.masks.mask_file import REMEDIES, Remedy


def role(text: str) -> tuple[str, str]:
    """A place and its role, from FOLDER=ROLE."""
    place, equals, name = text.rpartition("=")
    role = role_named(name)
    if not (place and equals) or role is None:
        raise argparse.ArgumentTypeError(
            f"{text!r}; expected FOLDER=ROLE, where ROLE is {ROLE_NAMES}"
        )
    return place.strip("/"), role


def seed(text: str) -> int:
    """A random seed."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r}; expected a whole number from 0")
    return int(text)


def numbers(text: str) -> tuple[int, ...]:
    """Whole numbers from 1, separated by commas."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) for part in parts):
        raise argparse.ArgumentTypeError(
            f"{text!r}; expected whole numbers from 1, separated by commas"
        )
    return tuple(int(part) for part in parts)


def draws(text: str) -> int:
    """How often images are drawn."""
    if not text.isdecimal() or not 1 <= int(text) <= MOST_DRAWS:
        raise argparse.ArgumentTypeError(
            f"{text!r}; expected a whole number from 1 to {MOST_DRAWS}"
        )
    return int(text)


def seeds(text: str) -> list[int]:
    """Random seeds, separated by commas, each once."""
    return list(dict.fromkeys(seed(part.strip()) for part in text.split(",")))


def process_count(text: str) -> int:
    """How many processes."""
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a whole number from 1 to 1000")
    return int(text)


def share(text: str) -> float:
    """A share above 0, at most 1."""
    return _number(text, 1e-6, 1)


def length(text: str) -> float:
    """A length in pixels."""
    return _number(text, 0, 1000)


def remedies(text: str) -> tuple[Remedy, ...]:
    """How masks are fixed, separated by commas."""
    names = {name.strip() for name in text.split(",")}
    if not names <= set(REMEDIES):
        raise argparse.ArgumentTypeError(f"{text!r}; expected some of {','.join(REMEDIES)}")
    return tuple(remedy for remedy in REMEDIES if remedy in names)


def seconds(text: str) -> float:
    """A time."""
    return _number(text, 0, 1e6)


def _number(text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a number from {low:g} to {high:g}")
    return value
