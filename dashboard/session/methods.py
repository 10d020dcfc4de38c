"""The methods that a person has chosen, and their settings."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from evaluation.comparison.comparison import Variant
from evaluation.comparison.tuned import Tuned
from images.errors import AnomalyError
from methods import registry
from methods.parameters import changed

PREFERRED = ("sparse-coding", "mean-feature", "autoencoder")
"""The methods that a new person finds chosen."""


@dataclass
class Chosen:
    """A method in the list of those to be compared."""

    number: int
    """Tells it from others in this session, for the keys of its widgets."""
    detector: str
    label: str
    params: dict[str, Any] = field(default_factory=dict)
    """Those that differ from the defaults."""
    stages: tuple[Mapping[str, int], ...] = ()
    """The earlier stages of a training that is continued; see `Variant.stages`."""
    tuned: Tuned | None = None
    """How the parameters were tuned."""

    def variant(self) -> Variant:
        """What the comparison is told."""
        return Variant(
            self.detector,
            dict(self.params),
            label=self.label,
            stages=self.stages,
            tuned=self.tuned,
        )

    def change(self, params: Mapping[str, Any]) -> None:
        """Take other parameters, set by a person; a training that was continued begins anew."""
        if dict(params) != self.params:
            self.params, self.stages, self.tuned = dict(params), (), None


def default_choice() -> list[Chosen]:
    """The methods that a new person finds chosen."""
    names = registry.names()
    preferred = [name for name in PREFERRED if name in names] or list(names[:3])
    return [Chosen(number, name, registry.get(name).title) for number, name in enumerate(preferred)]


@dataclass
class MethodSelection:
    """The list of methods to be compared."""

    chosen: list[Chosen] = field(default_factory=default_choice)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1000))

    def variants(self) -> tuple[Variant, ...]:
        """What the comparison is told."""
        return tuple(chosen.variant() for chosen in self.chosen)

    def need_normal(self) -> bool:
        """Whether none of the chosen methods does without normal images."""
        return all(registry.get(chosen.detector).needs_normal() for chosen in self.chosen)

    def need_classes(self) -> bool:
        """Whether all of the chosen methods need known classes."""
        return all(registry.get(chosen.detector).needs_classes() for chosen in self.chosen)

    def use_classes(self) -> bool:
        """Whether one of the chosen methods needs known classes."""
        return any(registry.get(chosen.detector).needs_classes() for chosen in self.chosen)

    def add_those_for_classes(self) -> None:
        """Add the methods that are trained on known classes."""
        for name in registry.names():
            if registry.get(name).needs_classes():
                self.add(name)

    def use_those_without_normal(self, *, alone: bool = False) -> None:
        """Choose the methods that do without normal images, and no others.

        `alone` leaves out those that need other test images.
        """
        self.chosen = []
        for name in registry.names():
            needs = registry.get(name).needs
            if not needs or (not alone and "normal images" not in needs):
                self.add(name)

    def are(self, variants: Sequence[Variant]) -> bool:
        """Whether these variants are chosen, however their parameters were given."""
        return [_plain(one) for one in self.variants()] == [_plain(one) for one in variants]

    def take(self, variants: Sequence[Variant]) -> None:
        """Choose what a comparison compared; methods that are gone by now are left out."""
        self.chosen = [
            Chosen(
                next(self._numbers),
                item.detector,
                item.label,
                _settings(item),
                item.stages,
                item.tuned,
            )
            for item in variants
            if item.detector in registry.names()
        ]

    def add(self, detector: str, params: Mapping[str, Any] | None = None) -> None:
        """Put one more method, or one more variant of it, on the list."""
        label = self.free_label(registry.get(detector).title)
        self.chosen.append(Chosen(next(self._numbers), detector, label, dict(params or {})))

    def take_tuned(self, before: Variant, variant: Variant) -> None:
        """Put a tuned variant on the list; where the default stayed, mark the method itself."""
        assert variant.tuned is not None
        if not variant.tuned.changed:
            for chosen in self.chosen:
                if replace(chosen.variant(), tuned=None) == replace(before, tuned=None):
                    chosen.tuned = variant.tuned
            return
        label = self.free_label(variant.label)
        number = next(self._numbers)
        settings = _settings(variant)
        self.chosen.append(
            Chosen(number, variant.detector, label, settings, variant.stages, variant.tuned)
        )

    def train_longer(self, label: str, factor: float) -> None:
        """Continue the training of a method until it has had `factor` times as many steps.

        Raises `ParameterError` where that is more than the method takes.
        """
        at, chosen = next(
            (at, chosen) for at, chosen in enumerate(self.chosen) if chosen.label == label
        )
        present = chosen.variant().checked()
        stage = {name: getattr(present, name) for name in registry.get(chosen.detector).lengths}
        longer = {name: round(factor * steps) for name, steps in stage.items()}
        continued = replace(
            chosen.variant(),
            params={**chosen.params, **longer},
            stages=(*chosen.stages, stage),
        )
        continued.checked()
        # With another number, the form takes its values from here and not from its widgets.
        self.chosen[at] = Chosen(
            next(self._numbers), chosen.detector, label, _settings(continued), continued.stages
        )

    def free_label(self, wish: str) -> str:
        """A label that no method on the list has yet."""
        taken = {chosen.label for chosen in self.chosen}
        if wish not in taken:
            return wish
        return next(
            label for number in itertools.count(2) if (label := f"{wish} {number}") not in taken
        )


def _plain(variant: Variant) -> Variant:
    return replace(variant, params=_settings(variant))


def _settings(variant: Variant) -> dict[str, Any]:
    """The parameters of a variant that differ from the defaults, as the types they have today.

    Those that are no longer taken stay as they are, so that the form names what is wrong.
    """
    with suppress(AnomalyError):
        return changed(registry.get(variant.detector).Params, variant.params, variant.label)
    return dict(variant.params)
