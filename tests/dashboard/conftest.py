"""What pages change in the whole process is put back after each test."""

import pytest

from dashboard import networks
from methods.features.backbones import registry as backbones


@pytest.fixture(autouse=True)
def _any_network_after_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """The application takes the packaged networks alone; tests of networks take any."""
    monkeypatch.setattr(backbones, "_allowed", None)
    networks.offer.cache_clear()
