"""What a person can choose by name, by kind: methods, features, layouts and so on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from evaluation.decisions.thresholds import RULES
from images.annotations import registry as annotations
from images.layouts import registry as layouts
from images.samples.catalogue import samples
from methods import registry
from methods.features import registry as features
from methods.features.backbones import registry as backbones


@dataclass(frozen=True)
class Kind:
    """A kind of things that have names."""

    title: str
    texts: Callable[[], Mapping[str, str]]
    """What to say of each thing, by its name, in one line or more."""
    notes: Callable[[], Sequence[str]] = tuple
    """What to say of things that are not there."""


def _methods() -> dict[str, str]:
    return {
        name: f"{registry.get(name).title}\n{registry.declaration(name)}"
        for name in registry.names()
    }


KINDS: Mapping[str, Kind] = {
    "methods": Kind("Methods", _methods, registry.left_out),
    "features": Kind(
        "Features", lambda: {name: features.get(name).summary for name in features.names()}
    ),
    "backbones": Kind(
        "Networks", lambda: {name: backbones.get(name).title for name in backbones.names()}
    ),
    "samples": Kind("Samples", lambda: {name: sample.title for name, sample in samples().items()}),
    "layouts": Kind("Layouts", lambda: {name: layouts.get(name).title for name in layouts.names()}),
    "annotations": Kind(
        "Annotation formats",
        lambda: {name: annotations.get(name).title for name in annotations.names()},
    ),
    "rules": Kind("Threshold rules", lambda: {rule.name: rule.title for rule in RULES.entries()}),
}
"""By the name of the option that asks for it."""


def listing(kinds: Iterable[str]) -> str:
    """A heading for each of `kinds`, then the name of each thing of the kind and what it is."""
    found = [(KINDS[kind], KINDS[kind].texts()) for kind in kinds]
    width = max(len(name) for _, texts in found for name in texts)
    lines = []
    for kind, texts in found:
        lines.append(kind.title)
        for name, text in texts.items():
            first, *others = text.splitlines()
            lines.append(f"  {name:{width}}  {first}")
            lines += [f"  {'':{width}}  {line}" for line in others]
        lines += [f"  {note}" for note in kind.notes()]
    return "\n".join(lines)
