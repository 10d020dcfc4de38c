"""What the methods saw at a place."""

import re

import numpy as np
import pytest

from dashboard.components.results.picture_filter import most_telling
from dashboard.components.results.shown_methods import ThresholdChoice, shown_methods
from dashboard.session.state import Session
from methods.detector import Panel
from methods.detectors.patch_models.pca_residual import PcaResidual
from tests.dashboard.small import compared, components, page, quick_session, small_set, texts


def inspect() -> None:
    from dashboard.pages import inspect as inspect_page

    inspect_page.show()


@pytest.fixture(scope="module")
def session() -> Session:
    return compared(small_set())


def test_nothing_has_run() -> None:
    test = page(inspect, quick_session(small_set()))
    assert "Run a comparison first" in texts(test)


def test_asks_for_a_place(session: Session) -> None:
    session.view.image, session.view.place = 2, None
    test = page(inspect, session)
    assert not test.exception
    assert "Click a position in the image." in texts(test)
    (view,) = components(test)
    assert view["stacked"]
    assert [row["name"] for row in view["rows"]] == ["test/c.png"]


def test_opens_on_the_most_telling_image(session: Session) -> None:
    """Images 0 and 1 are good; of the defective ones the first row of Compare is taken."""
    session.view.image = session.view.place = None
    test = page(inspect, session)
    assert session.job is not None
    first = most_telling(shown_methods(session, session.job, ThresholdChoice()))[0]
    assert first in (2, 3)
    assert test.selectbox(key="inspect.image").value == session.view.image == first
    session.view.image = 0
    assert test.run().selectbox(key="inspect.image").value == 0


def test_tells_the_score_and_what_was_seen(session: Session) -> None:
    session.view.image, session.view.place = 2, (26, 36)
    test = page(inspect, session)
    assert not test.exception
    assert "Row 26, column 36" in texts(test)
    assert session.job is not None
    for assessment in session.job.assessments():
        score = float(assessment.result.maps[2][26, 36])
        assert f"Score **{score:.4g}**: anomalous at threshold" in texts(test)
        image = session.job.data.test[2].read()
        explanation = assessment.result.detector().explain(image, 26, 36)
        assert explanation.text in texts(test)
    assert "0.00 % of the held-out normal pixels have the same or a higher score." in texts(test)
    drawn = "".join(element.proto.body for element in test.get("html"))
    assert re.findall("<figcaption>(.*?)</figcaption>", drawn) == [
        *("Patch", "Expected", "Residual"),
        *("Patch", "Expected", "Residual"),
    ]
    (view,) = components(test)
    assert view["rows"][0]["mark"] == [26, 36]


def test_goes_through_the_images(session: Session) -> None:
    session.view.image, session.view.place = 0, (5, 5)
    test = page(inspect, session)
    assert test.button(key="inspect.before").disabled
    test.button(key="inspect.after").click().run()
    assert session.view.image == 1
    assert session.view.place is None
    test.selectbox(key="inspect.image").select_index(3).run()
    assert session.view.image == 3
    assert test.button(key="inspect.after").disabled


def test_shows_what_a_method_learned(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    session.view.image, session.view.place = 2, None
    test = page(inspect, session)
    assert "What the methods learned" in [box.label for box in test.expander]
    assert not test.get("html")
    atoms = Panel("Dictionary of 2 atoms", np.array([[-1.0, 1.0]], dtype=np.float32), signed=True)
    monkeypatch.setattr(PcaResidual, "_learned", lambda self: (atoms,))
    test.session_state["inspect.learned"] = True
    test.run()
    assert not test.exception
    drawn = "".join(element.proto.body for element in test.get("html"))
    assert drawn.count("<figcaption>Dictionary of 2 atoms</figcaption>") == 2
    for label in ("PCA", "PCA coarse"):
        assert f"<strong>{label}</strong>" in drawn
