"""What can be named on the command line, by kind."""

from collections.abc import Callable, Iterable, Mapping

from evaluation.decisions.thresholds import RULES
from images.layouts import registry as layouts
from images.samples.catalogue import samples
from methods import registry
from methods.features.backbones import registry as backbones


def _methods() -> dict[str, str]:
    return {name: registry.get(name).title for name in registry.names()}


def _backbones() -> dict[str, str]:
    return {name: backbones.get(name).title for name in backbones.names()}


def _samples() -> dict[str, str]:
    return {name: sample.title for name, sample in samples().items()}


def _layouts() -> dict[str, str]:
    return {name: layouts.get(name).title for name in layouts.names()}


def _rules() -> dict[str, str]:
    return {rule.name: rule.title for rule in RULES}


KINDS: Mapping[str, Callable[[], dict[str, str]]] = {
    "methods": _methods,
    "backbones": _backbones,
    "samples": _samples,
    "layouts": _layouts,
    "rules": _rules,
}
"""Kinds of things that have names, each with a function that gives titles by name."""


def listing(kinds: Iterable[str]) -> str:
    """A heading for each of `kinds`, then a line with name and title for each thing of the kind."""
    found = {kind: KINDS[kind]() for kind in kinds}
    width = max(len(name) for titles in found.values() for name in titles)
    lines = []
    for kind, titles in found.items():
        lines.append(kind.capitalize())
        lines += [f"  {name:{width}}  {title}" for name, title in titles.items()]
    return "\n".join(lines)
