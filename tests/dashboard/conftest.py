"""What pages change in the whole process is put back after each test."""

import pytest

from dashboard import networks
from dashboard.session import jobs, unattended
from dashboard.session.processes import Workers
from methods.features.backbones import registry as backbones


@pytest.fixture(autouse=True)
def _any_network_after_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """The application takes the packaged networks alone; tests of networks take any."""
    monkeypatch.setattr(backbones, "_allowed", None)
    networks.offer.cache_clear()


@pytest.fixture(autouse=True)
def _nothing_is_kept_for_those_who_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else comparisons of one test run on beside the next ones."""
    monkeypatch.setenv(unattended.VARIABLE, "0")


@pytest.fixture(autouse=True)
def _comparisons_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on two cores, whatever the machine has."""
    monkeypatch.setattr(jobs, "WORKERS", Workers(cores=2))
