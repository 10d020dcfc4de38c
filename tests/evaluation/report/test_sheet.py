"""Pages to print."""

import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image as Pillow

from evaluation.report.drawn_text import PAPER
from evaluation.report.plots import dash_of
from evaluation.report.sheet import Sheet, SheetMethod, closing_page, sheet_pdf
from evaluation.report.sheet_plots import _dashed
from tests.dashboard.small import compared, small_set


@pytest.fixture(scope="module")
def sheet() -> Iterator[Sheet]:
    """Pages of a comparison, which is kept as long as its session is."""
    session = compared(small_set())
    assert session.job is not None
    methods = [
        SheetMethod(one, colour, one.threshold("normal-quantile", "pixel").value, threshold)
        for one, colour, threshold in zip(
            session.job.assessments(), ("#0072b2", "#e69f00"), (-1e9, 1e9), strict=True
        )
    ]
    table = [["Method", "Found"], ["PCA", "2 of 2"], ["PCA coarse", "0 of 2"]]
    images = [(2, "A square."), (0, "")]
    yield Sheet("Squares", "Two\nlines", "PCA finds all.", table, methods, small_set(), images)
    assert session.job is not None


def test_a_cover_a_page_for_each_image_and_the_numbers(sheet: Sheet) -> None:
    pdf = sheet_pdf(sheet)
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") == 4
    closing = Pillow.open(io.BytesIO(closing_page(sheet)))
    assert closing.size == PAPER
    found = {tuple(colour) for colour in np.asarray(closing).reshape(-1, 3)}
    assert {(0, 0x72, 0xB2), (0xE6, 0x9F, 0)} <= found


def test_a_decision_in_words(sheet: Sheet) -> None:
    """The first method flags everything, the second nothing; images 2 and 3 are defective."""
    flags_all, flags_none = sheet.methods
    assert [flags_all.call(at) for at in (0, 2)] == ["false alarm", "image found"]
    assert [flags_none.call(at) for at in (0, 2)] == ["no alarm", "image missed"]


def test_a_dashed_line_is_drawn_and_left_out_in_turn() -> None:
    """Along 10 pixels: 4 drawn, 2 not, 4 drawn."""
    pieces = _dashed(np.array([[0.0, 0.0], [5.0, 0.0], [10.0, 0.0]]), [4, 2])
    assert [piece[[0, -1], 0].tolist() for piece in pieces] == [[0, 4], [6, 10]]


def test_methods_side_by_side_differ_in_their_lines_too() -> None:
    assert len({dash_of(at) for at in range(4)}) == 4
