"""How long a method still takes: from what was expected of it, and from how it has gone so far."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

Part = Literal["load", "fit", "folds", "held out", "score"]
"""What a method does, in this order: load and compile, fit on all normal images, fit on the folds,
score held-out normal images (in turn with the folds, or after them), score test images."""

PARTS: tuple[Part, ...] = ("load", "fit", "folds", "held out", "score")
TRUSTED, STEADY = 0.1, 0.4
"""Share of a part from which its own pace alone says how long it takes: where nothing of the kind
was measured on this machine, and where something was, in earlier runs or in this one."""
MOST = 3.0
"""How many times as long or short as the fit foretells other parts are taken to be, at most: beyond
that it was the fit that was expected wrongly, not the machine."""
SHORTEST = 0.2
"""Seconds of a fit below which nothing follows from its pace."""


@dataclass(frozen=True)
class Folds:
    """The folds that are fitted, which decide how long that takes."""

    count: int
    by_parts: bool = False
    """See `CrossFit.by_parts`."""
    at_once: int = 1
    """Fits that run at the same time."""
    fixed: float = 0.0
    """The share of a fit without its features that takes as long on any number of images."""

    def seconds(self, fit_seconds: float, own_seconds: float) -> float:
        """Time for the fits of all folds, each on all normal images but its own.

        Features are kept from the fit on all images, but not where parts of images are held out,
        since these have other pixels.
        """
        if not self.count:
            return 0.0
        turns = ceil(self.count / self.at_once)
        if self.by_parts:
            return turns * fit_seconds
        share = self.fixed + (1 - self.fixed) * (self.count - 1) / self.count
        return turns * own_seconds * share


@dataclass(frozen=True)
class Expected:
    """How long the parts of a method are expected to take."""

    load: float
    fit: float
    own: float
    """Of `fit`, without computing features."""
    map: float
    """For the score map of one test image of mean size."""
    held_out: float
    """Score maps of normal images that calibration takes, each as one of a test image."""
    test: int
    """Test images."""
    folds: Folds
    strain: float = 1.0
    """How many times as long the fits of the folds take as the fit on all images foretells, such as
    where those that run at the same time hinder each other."""
    measured: bool = False
    """Whether this method was measured on this machine before."""

    def seconds(self, part: Part) -> float:
        """The time of one part."""
        return {
            "load": self.load,
            "fit": self.fit,
            "folds": self.strain * self.folds.seconds(self.fit, self.own),
            "held out": self.map * self.held_out_maps,
            "score": self.map * self.test,
        }[part]

    @property
    def total(self) -> float:
        """The time of all parts."""
        return sum(map(self.seconds, PARTS))

    def times(self, factor: float) -> "Expected":
        """The same on a machine that takes `factor` times as long."""
        return replace(
            self,
            load=self.load * factor,
            fit=self.fit * factor,
            own=self.own * factor,
            map=self.map * factor,
        )

    @property
    def held_out_maps(self) -> float:
        """Score maps that calibration takes; each fold takes all where it has a part of each."""
        repeated = self.folds.count if self.folds.by_parts else 1
        return self.held_out * repeated


class Remaining:
    """Tells the time that is left of one method, as its parts go on.

    The time between two reports belongs to the part of the later one. A part that runs takes as
    long as its own pace says, mixed with what was expected while little of it is done. The parts to
    come follow from those before: folds from the fit, test images from held-out ones, and where the
    method was not measured here, all of them from the pace of the fit.
    """

    def __init__(self, expected: Expected, clock: Callable[[], float] = time.monotonic) -> None:
        self._expected = expected
        self._clock = clock
        self._begin = self._last = clock()
        self._spent: dict[Part, float] = dict.fromkeys(PARTS, 0.0)
        self._share: dict[Part, float] = dict.fromkeys(PARTS, 0.0)
        self._first: dict[Part, tuple[float, float]] = {}
        """Share and seconds of each part at its first report, which tells of no pace yet."""
        self._own: float | None = None
        self._fraction = 0.0

    def tell(self, part: Part, share: float) -> None:
        """So much of a part is done, 0 to 1; the parts that come before it have ended."""
        now = self._clock()
        self._spent[part] += now - self._last
        self._last = now
        self._share[part] = max(self._share[part], min(1.0, share))
        if share > 0:
            self._first.setdefault(part, (self._share[part], self._spent[part]))
        if part != "held out":  # which goes on in turn with the folds
            for earlier in PARTS[: PARTS.index(part)]:
                self._share[earlier] = 1.0

    def fitted(self, own_seconds: float) -> None:
        """The fit has ended, and took so long without its features."""
        self.tell("fit", 1.0)
        self._own = own_seconds

    @property
    def strain(self) -> float | None:
        """How many times as long the folds took as the fit foretold; None where there are none."""
        foretold = self._expected.folds.seconds(self._spent["fit"], self._own or 0.0)
        return self._spent["folds"] / foretold if foretold > SHORTEST else None

    @property
    def spent(self) -> float:
        """Seconds since the method began."""
        return self._last - self._begin

    @property
    def left(self) -> float:
        """Seconds that are left."""
        present = self._present()
        return sum(self._left_of(part, present) for part in PARTS)

    @property
    def fraction(self) -> float:
        """The share of the whole time that is spent; it never falls, and stays below 1."""
        whole = self.spent + self.left
        if whole > 0:
            self._fraction = max(self._fraction, min(0.999, self.spent / whole))
        return self._fraction

    def _present(self) -> Expected:
        """What is expected by now."""
        given = self._expected
        fit = self._spent["fit"] + self._left_of("fit", given)
        began = self._share["fit"] >= (1.0 if given.measured else TRUSTED)
        if began and given.fit >= SHORTEST:
            pace = fit / given.fit
            own = given.own * pace
            machine = 1.0 if given.measured else min(MOST, max(1 / MOST, pace))
            given = replace(given.times(machine), fit=fit, own=own)
        if self._own is not None:
            given = replace(given, fit=fit, own=self._own)
        share = self._share["held out"]
        maps = share * given.held_out_maps
        if maps > 0:
            weight = min(1.0, share / (STEADY if given.measured else TRUSTED))
            seen = self._spent["held out"] / maps
            given = replace(given, map=weight * seen + (1 - weight) * given.map)
        return given

    def _left_of(self, part: Part, expected: Expected) -> float:
        share, spent, whole = self._share[part], self._spent[part], expected.seconds(part)
        if share >= 1:
            return 0.0
        if not share:
            return max(0.0, whole - spent)
        first, before = self._first[part]
        seen = share - first
        pace = (spent - before) / seen if seen else 0.0
        follows = part in ("folds", "score")
        weight = min(1.0, seen / (STEADY if expected.measured or follows else TRUSTED))
        return weight * pace * (1 - share) + (1 - weight) * max(0.0, whole - spent)
