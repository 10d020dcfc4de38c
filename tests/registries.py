"""Registries that a test may fill without others seeing it."""

from typing import Any

import pytest

from images.registry import Registry


def as_new(registry: Registry[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a registry look for its entries anew, and forget afterwards what a test added."""
    registry.names()
    monkeypatch.setattr(registry, "_entries", dict(registry._entries))
    monkeypatch.setattr(registry, "_found", False)
