"""The pretrained network is read once for all tests of exported graphs."""

from collections.abc import Iterator
from functools import cache

import pytest

from methods.features.backbones import lite


@pytest.fixture(autouse=True, scope="session")
def network_read_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lite, "pretrained", cache(lite.pretrained))
        yield
