"""The learning curve on the page Compare."""

from dataclasses import replace

import pytest

from dashboard.session.state import Session
from evaluation.comparison.learning_curve import stored_curve
from tests.dashboard.small import TIMEOUT, compared, page, small_set, texts


def compare() -> None:
    from dashboard.pages import compare as compare_page

    compare_page.show()


VIEW = {"compare.view": "Learning curve"}


@pytest.fixture
def session() -> Session:
    return compared(small_set())


def test_it_is_measured_shown_and_kept(session: Session) -> None:
    test = page(compare, session, VIEW)
    assert not test.exception
    assert "Would more normal images help?" in texts(test)
    assert test.multiselect(key="learning.images").value == [1, 2, 4]
    assert test.multiselect(key="learning.methods").value == ["PCA", "PCA coarse"]
    test.multiselect(key="learning.methods").set_value(["PCA"])
    test.number_input(key="learning.draws").set_value(2)
    test.button(key="learning.run").click().run()
    assert session.learning is not None
    assert session.learning.wait(TIMEOUT)
    assert session.learning.state == "finished"
    test.run()
    assert not test.exception
    assert "PCA: From 2 to 4 images the pixel AUROC" in texts(test).replace("**", "")
    assert "the same 4 labelled test images" in texts(test)
    assert session.job is not None
    curve = stored_curve(session.job.folder)
    assert curve is not None
    assert len(curve.measured) == 5
    again = page(compare, session, VIEW)
    assert "From 2 to 4 images" in texts(again)


def test_it_is_cancelled_by_a_new_comparison(session: Session) -> None:
    test = page(compare, session, VIEW)
    test.button(key="learning.run").click().run()
    learning = session.learning
    assert learning is not None
    session.start()
    assert session.learning is None
    assert learning.wait(TIMEOUT)
    assert learning.state in ("cancelled", "finished")
    assert session.job is not None
    assert session.job.wait(TIMEOUT)


def test_what_it_takes_is_said() -> None:
    unlabelled = small_set(masks=False, kinds=False)
    session = compared(replace(unlabelled, normal=unlabelled.normal[:2]))
    assert "it takes labelled test images" in texts(page(compare, session, VIEW))
