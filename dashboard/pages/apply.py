"""Judge new images by a method of the comparison or an exported one, and correct its decisions."""

import streamlit as st

from dashboard.components.applied.method import choose_method
from dashboard.components.applied.pictures import applied_layer, applied_row, in_words
from dashboard.components.layers import layers
from dashboard.components.run_panel import run_button
from dashboard.session import widgets
from dashboard.session.applied import Applied
from dashboard.session.applied_image import AppliedImage, Numbers
from dashboard.session.state import Session, session
from dashboard.session.widgets import forget_unless
from dashboard.text import listed, plain
from images.words import count

ROWS_A_PAGE = 4
VERDICTS = {"normal": "This is normal", "defect": "This is a defect"}


def show() -> None:
    """Draw the page."""
    mine = session()
    applied = mine.applied
    st.title("Apply")
    st.markdown(
        "Judge new images by one of your methods, with the thresholds and colours of the "
        "comparison, and correct the decisions that are wrong."
    )
    chosen = choose_method(mine)
    if chosen is None:
        run_button("apply")
        return
    bar = st.progress(0.0, text="Scoring the images ...")
    applied.use(*chosen, lambda done: bar.progress(done, text="Scoring the images ..."))
    bar.empty()
    _new_images(applied)
    if applied.troubles:
        st.error(listed(applied.troubles))
    failed = [image.trouble for image in applied.images if image.trouble]
    if failed:
        st.error(f"{count(len(failed), 'image')} could not be judged:\n\n{listed(failed)}")
    if applied.judged():
        _results(mine, applied)


def _new_images(applied: Applied) -> None:
    key = widgets.new_images(applied.round)

    def hold() -> None:
        applied.waiting = [(file.name, file.getvalue()) for file in st.session_state[key]]

    st.file_uploader(
        "New images",
        accept_multiple_files=True,
        key=key,
        on_change=hold,
        help="Images, or ZIP archives of images. They are added to those below.",
    )
    if applied.waiting:
        bar = st.progress(0.0, text="Scoring the images ...")
        applied.take(lambda done: bar.progress(done, text="Scoring the images ..."))
        st.rerun()


def _results(mine: Session, applied: Applied) -> None:
    judged = applied.judged()
    flagged = sum(numbers.defective for _, numbers in judged)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{count(len(judged), 'image')}, {flagged} of them called defective.**",
            width="content",
        )
        st.button(
            "Remove all images",
            icon=":material/delete:",
            key=widgets.APPLY_REMOVE,
            on_click=applied.remove_images,
        )
    _warnings(applied)
    _heatmaps(applied)
    with st.expander("Scores and p-values of all new images"):
        _table(judged)
    _corrections(mine, applied)


def _warnings(applied: Applied) -> None:
    assert applied.bundle is not None
    warning = applied.warning() or applied.drift().report().text()
    if warning:
        st.warning(plain(warning))
    if not len(applied.bundle.normal_scores):
        st.caption("The method was exported without scores of normal images: no p-values.")


def _heatmaps(applied: Applied) -> None:
    judged = applied.judged()
    pages = -(-len(judged) // ROWS_A_PAGE)
    page = 1
    if pages > 1:
        forget_unless(widgets.APPLY_PAGE, range(1, pages + 1))
        page = st.pagination(pages, key=widgets.APPLY_PAGE, persist_state="session", width=280)
    shown = judged[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    layer = applied_layer(applied)
    layers(
        [layer],
        [applied_row(applied, image, layer.levels) for image, _ in shown],
        key=widgets.APPLY_GRID,
        on_thresholds=_stay,
        on_picked=_stay,
    )
    st.markdown("**Are these decisions right?**")
    for image, numbers in shown:
        _verdict(applied, image, numbers)


def _stay() -> None:
    """A threshold that is moved in the pictures is looked at there, and decides nothing."""


def _verdict(applied: Applied, image: AppliedImage, numbers: Numbers) -> None:
    key = widgets.verdict(image.digest)

    def keep() -> None:
        said = st.session_state[key]
        if said is None:
            applied.verdicts.pop(image.digest, None)
        else:
            applied.verdicts[image.digest] = said

    st.session_state[key] = applied.verdicts.get(image.digest)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.segmented_control(
            f"What {plain(image.name)} is",
            list(VERDICTS),
            format_func=VERDICTS.__getitem__,
            key=key,
            on_change=keep,
            label_visibility="collapsed",
            width="content",
        )
        st.markdown(f"{plain(image.name)}: {plain(in_words(numbers))}", width="content")


def _table(judged: list[tuple[AppliedImage, Numbers]]) -> None:
    import pandas as pd

    number = st.column_config.NumberColumn
    table = pd.DataFrame(
        {
            "Image": [image.name for image, _ in judged],
            "Decision": ["defective" if each.defective else "normal" for _, each in judged],
            "Score": [each.score for _, each in judged],
            "p": [each.p_value for _, each in judged],
            "Defective, %": [100 * each.defective_share for _, each in judged],
            "Regions": [each.regions for _, each in judged],
        }
    )
    config = {
        "Score": number(format="%.4g"),
        "p": number(format="%.3f"),
        "Defective, %": number(format="%.2f"),
    }
    st.dataframe(table, hide_index=True, column_config=config, key=widgets.APPLY_TABLE)


def _corrections(mine: Session, applied: Applied) -> None:
    st.subheader("Your corrections")
    confusion = applied.confusion()
    said = (
        confusion.true_positives + confusion.false_negatives,
        confusion.false_positives + confusion.true_negatives,
    )
    if any(said):
        st.table(
            [
                {
                    "You say": "Defective",
                    "Called defective": str(confusion.true_positives),
                    "Called normal": f"{confusion.false_negatives} (missed)",
                },
                {
                    "You say": "Normal",
                    "Called defective": f"{confusion.false_positives} (false alarm)",
                    "Called normal": str(confusion.true_negatives),
                },
            ]
        )
    else:
        st.caption("You have not said of any of these images what it is.")
    normal = applied.confirmed_normal()
    with st.container(horizontal=True):
        st.download_button(
            "Decisions and corrections (CSV)",
            applied.table(),
            file_name="decisions.csv",
            mime="text/csv",
            icon=":material/table:",
            on_click="ignore",
        )
        if st.button(
            f"Train on {count(len(normal), 'image')} that you call normal",
            icon=":material/add_photo_alternate:",
            key=widgets.APPLY_ADD,
            disabled=not normal or mine.images.source is None,
            help="Adds them to the normal images. The next comparison is trained on them too.",
        ):
            applied.added = mine.images.add_normal(normal)
    if applied.added is not None:
        st.success(
            f"{count(applied.added, 'normal image')} added. Run the comparison again to train on "
            "them too."
        )
        run_button("apply")
