"""What a person sees of known classes: the view, the images, and the question on folders."""

import pytest

from dashboard.session.methods import Chosen
from dashboard.session.state import Session
from tests.dashboard.small import compared, page, quick_session, small_set, texts
from tests.evaluation.classes import QUICK, classes_set


def compare() -> None:
    from dashboard.pages import compare as compare_page

    compare_page.show()


def images() -> None:
    from dashboard.pages import images as images_page

    images_page.show()


@pytest.fixture(scope="module")
def session() -> Session:
    session = quick_session(classes_set())
    session.methods.chosen = [
        Chosen(1, "open-set", "Classes known", dict(QUICK)),
        Chosen(2, "pca-residual", "PCA", {"features": "raw patches", "window": 5}),
    ]
    return compared(classes_set(), session)


def test_the_view_of_classes(session: Session) -> None:
    test = page(compare, session, {"compare.view": "Classes"})
    assert not test.exception
    assert "2 known classes: level, upright." in texts(test)
    assert len(test.get("plotly_chart")) == 4
    table = test.table[-1].value
    assert table["Method"].tolist() == ["Classes known", "PCA"]
    assert table["Accuracy"].tolist() == ["1.000", "–"]


def test_it_is_not_offered_without_classes() -> None:
    test = page(compare, compared(small_set()), {"compare.view": "Classes"})
    assert not test.exception
    (views,) = [each for each in test.get("button_group") if each.key == "compare.view"]
    assert "Classes" not in str(views.proto)


def test_images_of_classes_offer_the_method_for_them() -> None:
    session = quick_session(classes_set())
    test = page(images, session)
    assert "2 known classes: level, upright." in texts(test)
    test.button(key="images.for_classes").click().run()
    assert [chosen.detector for chosen in session.methods.chosen][-1] == "open-set"
    assert not [button for button in test.button if button.key == "images.for_classes"]
