"""What the documents name is there."""

import re
from pathlib import Path

import pytest

from images.version import VERSION

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "name",
    ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/tour.md", "docs/deploying.md"],
)
def test_links_lead_to_files(name: str) -> None:
    document = ROOT / name
    targets = re.findall(r"\]\((?!http)([^)#]+)\)", document.read_text(encoding="utf-8"))
    assert targets
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_the_places_to_change_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    places = set(re.findall(r"`(\S+/\S*)`", text.replace("<family>", "patch_models")))
    assert {"images/layouts/", "evaluation/metrics/metrics.py"} <= places
    assert {place for place in places if not (ROOT / place).exists()} == set()


def test_the_changelog_tells_of_this_version() -> None:
    assert f"## [{VERSION}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
