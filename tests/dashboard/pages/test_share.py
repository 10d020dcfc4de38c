"""Taking results away and finding them again."""

from pathlib import Path

import pytest

from dashboard.session.methods import Chosen
from dashboard.session.state import Session
from evaluation.comparison.storage import ComparisonError
from evaluation.decisions.thresholds import from_curve
from methods import registry
from tests.dashboard.small import compared, page, quick_session, small_set, texts


def share() -> None:
    from dashboard.pages import share as share_page

    share_page.show()


@pytest.fixture(scope="module")
def session() -> Session:
    return compared(small_set())


def test_nothing_has_run() -> None:
    test = page(share, quick_session(small_set()))
    assert "Run a comparison first" in texts(test)


def test_offers_report_archive_and_scores(session: Session) -> None:
    test = page(share, session)
    assert not test.exception
    labels = [button.label for button in test.get("download_button")]
    assert labels[:3] == ["Report (HTML)", "Archive (ZIP)", "Scores (CSV)"]
    assert labels[3:] == ["Export PCA", "Export PCA coarse"]


def test_says_which_methods_cannot_be_exported_and_why(session: Session) -> None:
    said = texts(page(share, session))
    reason = "cannot be exported as ONNX: its patches are not described by a network."
    assert f"PCA {reason}" in said
    assert f"PCA coarse {reason}" in said


def test_offers_the_methods_that_can_be_exported() -> None:
    mine = quick_session(small_set())
    mine.methods.chosen.append(Chosen(3, "mean-feature", "Mean", {"stages": (4,)}))
    test = page(share, compared(small_set(), mine))
    assert not test.exception
    assert test.selectbox(key="share.onnx").options == ["Mean"]
    assert "Export as ONNX" in [button.label for button in test.get("download_button")]


def test_says_that_masks_are_post_processed(session: Session) -> None:
    assert "the current thresholds." in texts(page(share, session))
    test = page(share, session, {"processing.opening": 2})
    assert "current thresholds, and the masks use the post-processing." in texts(test)


def test_says_which_threshold_was_tuned_on_the_test_images(session: Session) -> None:
    assert "tuned" not in texts(page(share, session))
    session.view.choose("PCA coarse", "image", from_curve(0.2))
    assert "the threshold of PCA coarse as tuned on the test images" in texts(page(share, session))
    session.view.thresholds.clear()


def test_a_choice_that_is_no_longer_offered_is_passed_over(session: Session) -> None:
    test = page(share, session, {"threshold.rule": "from-another-version"})
    assert not test.error
    assert len(test.get("download_button")) == 5


def test_a_kept_comparison_is_found_again(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.session.kept.KEPT", tmp_path)
    test = page(share, session)
    test.button(key="share.keep").click().run()
    assert "Saved in" in texts(test)
    assert session.job is not None
    token = session.job.token
    assert (tmp_path / token / "comparison.json").is_file()
    monkeypatch.setattr("dashboard.session.comparisons.LIVE", {})
    other = Session()
    other.find(token)
    assert other.job is not None
    again, before = other.job.assessments(), session.job.assessments()
    assert [a.metrics.values for a in again] == [b.metrics.values for b in before]
    assert [chosen.label for chosen in other.methods.chosen] == ["PCA", "PCA coarse"]


def test_a_live_comparison_is_shared_not_copied(session: Session) -> None:
    assert session.job is not None
    other = Session()
    other.find(session.job.token)
    assert other.job is session.job


def test_a_comparison_with_a_method_that_is_gone_is_found(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert session.job is not None
    other = Session()
    monkeypatch.setattr(registry, "names", lambda: ("sparse-coding",))
    other.find(session.job.token)
    assert other.job is session.job
    assert other.methods.chosen == []


@pytest.mark.parametrize("token", ["", "../../etc", "x" * 100, "unknown-token"])
def test_no_such_comparison(token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.session.kept.KEPT", tmp_path)
    with pytest.raises(ComparisonError):
        Session().find(token)
