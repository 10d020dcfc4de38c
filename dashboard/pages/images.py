"""Choose a sample or upload images, and see how each file is used."""

from collections import Counter
from collections.abc import Callable, Sequence

import streamlit as st

from dashboard.components import markup
from dashboard.components.draw_dialog import draw_button
from dashboard.components.folder_drop import take_dropped_folders
from dashboard.components.gallery import gallery_of
from dashboard.components.images_table import images_table, kind_of
from dashboard.components.large_image import large_image
from dashboard.components.near_copies_view import near_copies_view
from dashboard.components.next_step_view import next_step_view
from dashboard.components.run_panel import run_button
from dashboard.components.understanding import file_roles, file_warnings, mask_fixes, understanding
from dashboard.components.upload import upload
from dashboard.session import widgets
from dashboard.session.state import Session, session
from dashboard.session.widgets import forget_unless
from dashboard.text import listed, plain
from images.dataset import DataSet, Picture
from images.errors import shown
from images.samples.catalogue import samples
from images.words import count

SAMPLE, UPLOAD = "Sample data", "Your images"
THUMBNAIL_SIDE = 192
GRID, TABLE = "Grid", "Table"
ALL, UNKNOWN = "All", "kind unknown"
A_STRIP = 24
"""Thumbnails that are shown at one time."""


def show() -> None:
    """Draw the page."""
    mine = session()
    st.title("Compare anomaly detectors on images")
    st.markdown(
        "Most detectors learn what normal images look like and mark what is different in test "
        "images; some compare the test images with each other. Compare side by side what each one "
        "finds, where it is wrong and how long it takes."
    )
    source = st.segmented_control(
        "Images",
        [SAMPLE, UPLOAD],
        default=SAMPLE,
        required=True,
        key=widgets.SOURCE,
        persist_state="session",
        label_visibility="collapsed",
    )
    take_dropped_folders(_show_uploaders)
    if source == UPLOAD:
        upload(mine)
    else:
        _sample(mine)
    if mine.data is not None:
        if source != UPLOAD or mine.images.uploads.files is None:
            next_step_view(mine, mine.data, "images")
        _preview(mine, mine.data)


def _show_uploaders() -> None:
    st.session_state[widgets.SOURCE] = UPLOAD


def _sample(mine: Session) -> None:
    known = samples()
    choice, about = st.columns([1, 2], gap="large")
    st.session_state[widgets.SAMPLE] = mine.images.sample
    with choice:
        name = st.radio(
            "Sample",
            list(known),
            index=None,
            format_func=lambda name: known[name].title,
            key=widgets.SAMPLE,
            on_change=lambda: mine.images.choose_sample(st.session_state[widgets.SAMPLE]),
        )
    if mine.data is None and mine.images.sample is not None:
        with st.spinner("Preparing the sample ..."):
            mine.images.use_sample(mine.images.sample)
    with about:
        st.markdown(
            plain(known[name].about if name else "The present images are none of these samples.")
        )
        run_button("sample")


def _preview(mine: Session, data: DataSet) -> None:
    with st.container():  # so that all below stays in its place on the page whatever is said here
        understanding(mine, data)
        file_warnings(data)
        near_copies_view(mine, data)
        mask_fixes(mine, data)
    view = st.segmented_control(
        "Show images as",
        [GRID, TABLE],
        default=GRID,
        required=True,
        key=widgets.IMAGES_VIEW,
        persist_state="session",
        label_visibility="collapsed",
    )
    if view == TABLE:
        _table(mine, data)
    else:
        _grid(mine, data)
    with st.expander(f"How each of the {len(data.findings)} files is used"):
        file_roles(mine, data)
    large_image(mine, data)


def _table(mine: Session, data: DataSet) -> None:
    """All images in a table, those of a role and a kind where a person chooses them."""
    pictures = (*data.normal, *data.test)
    roles = {"normal": range(len(data.normal)), "test": range(len(data.normal), len(pictures))}
    chosen = ALL
    if all(roles.values()):
        chosen = st.pills(
            "Role",
            [ALL, *roles],
            default=ALL,
            required=True,
            format_func=lambda role: f"{role} {len(roles.get(role, pictures))}",
            key=widgets.ROLE,
            label_visibility="collapsed",
        )
    places = roles.get(chosen, range(len(pictures)))
    kept = _of_kind([pictures[at] for at in places])
    images_table(mine, data, [places[at] for at in kept])


def _grid(mine: Session, data: DataSet) -> None:
    """Thumbnails of the normal images beside those of the test images."""
    gallery = gallery_of(mine, data)
    normal, test = st.columns(2, gap="large")
    with normal:
        st.header(f"{count(len(data.normal), 'normal image')} for training")
        _taken_out(mine)
        _known_classes(mine, data)
        _strip(
            "normal",
            data.normal,
            lambda index: gallery.normal(index, THUMBNAIL_SIDE).data,
            range(len(data.normal)),
        )
    with test:
        st.header(f"{count(len(data.test), 'test image')}")
        if data.test:
            draw_button()
        chosen = _of_kind(data.test)
        _strip(
            "test",
            [data.test[index] for index in chosen],
            lambda at: gallery.preview(chosen[at], THUMBNAIL_SIDE),
            [len(data.normal) + index for index in chosen],
        )
        if any(picture.read_mask for picture in data.test):
            st.caption("The blue line is the outline of the mask.")
        if any(picture.read_counted for picture in data.test):
            st.caption("Dark areas are outside the region of interest and not used for metrics.")
        unknown = sum(not picture.kind and not picture.read_mask for picture in data.test)
        if unknown:
            which = (
                "the test images" if unknown == len(data.test) else f"{unknown} of the test images"
            )
            st.caption(
                f"The kind of {which} is unknown. To get image metrics, give the normal ones "
                "the role test/good in the table below, or put them in a folder test/good."
            )


def _known_classes(mine: Session, data: DataSet) -> None:
    """The known classes of normal images, and the way to a method that uses them."""
    names = data.known_classes
    if len(names) < 2:
        return
    st.caption(
        f"{len(names)} known classes: {plain(', '.join(map(shown, names)))}. Test images of other "
        "classes are unknown. Open set recognition tells them apart; for other methods, all known "
        "classes are normal."
    )
    if not mine.methods.use_classes():
        st.button(
            "Add open set recognition",
            key=widgets.FOR_CLASSES,
            icon=":material/category:",
            on_click=mine.methods.add_those_for_classes,
        )


def _taken_out(mine: Session) -> None:
    """Which normal images a person took out, and the way to put them back."""
    names = mine.images.taken_out_here
    if names:
        st.caption(f"Taken out:\n\n{listed([shown(name) for name in names])}")
        st.button(
            "Put back", key=widgets.PUT_BACK, icon=":material/undo:", on_click=mine.images.put_back
        )


def _of_kind(pictures: Sequence[Picture]) -> list[int]:
    """The numbers of the test images of the kind that a person chooses; of all at first."""
    kinds = Counter(picture.kind or UNKNOWN for picture in pictures)
    if len(kinds) < 2:
        return list(range(len(pictures)))
    names = [ALL, *sorted(kinds)]
    forget_unless(widgets.KIND, names)
    chosen = st.pills(
        "Kind",
        names,
        default=ALL,
        required=True,
        format_func=lambda name: f"{name} {len(pictures) if name == ALL else kinds[name]}",
        key=widgets.KIND,
        label_visibility="collapsed",
    )
    return [at for at, picture in enumerate(pictures) if chosen in (ALL, picture.kind or UNKNOWN)]


def _strip(
    key: str,
    pictures: Sequence[Picture],
    make: Callable[[int], bytes],
    places: Sequence[int],
) -> None:
    """Thumbnails with their names, a page at a time; a press shows the image at its place large."""
    if not pictures:
        return
    page = 1
    if len(pictures) > A_STRIP:
        pages = -(-len(pictures) // A_STRIP)
        forget_unless(widgets.thumbnails_page(key), range(1, pages + 1))
        page = st.pagination(pages, key=widgets.thumbnails_page(key), persist_state="session")
    shown = range((page - 1) * A_STRIP, min(page * A_STRIP, len(pictures)))
    markup.pictures(
        "thumbnails",
        (_thumbnail(pictures[index], make(index)) for index in shown),
        [places[index] for index in shown],
    )


def _thumbnail(picture: Picture, data: bytes) -> markup.Figure:
    kind = kind_of(picture)
    return data, f"{picture.name}, {kind}", f"{picture.name.rsplit('/', 1)[-1]}\n{kind}"
