"""What cards of methods say of accuracy is what `benchmarks/RESULTS.md` shows."""

import re
from pathlib import Path

import pytest

from methods import registry

RESULTS = Path(__file__).parent.parent / "benchmarks" / "RESULTS.md"
HEADING = "## Image AUROC / pixel AUROC"


def pixel_aurocs() -> dict[str, dict[str, float | None]]:
    """The pixel AUROC in the first table, by method and set; None for a dash."""
    table = RESULTS.read_text(encoding="utf-8").split(HEADING)[1].split("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.splitlines()
        if line.startswith("|")
    ]
    sets = rows[0][1:]
    return {
        row[0]: {name: _pixel(cell) for name, cell in zip(sets, row[1:], strict=True)}
        for row in rows[2:]
    }


def _pixel(cell: str) -> float | None:
    found = re.fullmatch(r"\S+ / (\d\.\d+)", cell)
    return float(found[1]) if found else None


@pytest.mark.parametrize("name", sorted(pixel_aurocs()))
def test_a_card_says_what_the_table_says(name: str) -> None:
    measured, table = registry.get(name).measured, pixel_aurocs()[name]
    for said, of_table in (
        (measured.nanofibres, table["nanotwice"]),
        (measured.grid, table["grid"]),
    ):
        assert (said is None) == (of_table is None)
        if said is not None and of_table is not None:
            assert abs(said - of_table) <= 0.00051


def test_the_table_holds_every_method_that_needs_no_classes() -> None:
    names = {name for name in registry.names() if not registry.get(name).needs_classes()}
    assert set(pixel_aurocs()) == names
