"""What one person has chosen and computed.

Everything but the values of widgets hangs on one `Session` in `st.session_state`, so that nothing
is lost when the page is changed. A comparison is found again by the token in its address, so that
nothing is lost when the page is loaded anew either. When the browser stays away, the session is
closed, and comparisons that no other session holds are cancelled and removed.
"""

import asyncio
import gc
import itertools
import re
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.components.gallery import Gallery
from dashboard.session.drawn import Drawn, Purpose, same_pixels
from dashboard.session.jobs import LIVE, AnyJob, Job, KeptJob
from evaluation.comparison.comparison import Variant
from evaluation.comparison.costs import return_memory
from evaluation.comparison.storage import ComparisonError, copy_folder
from evaluation.decisions.thresholds import Threshold
from images.dataset import DataSet
from images.drawing.shapes import Shape
from images.errors import AnomalyError, ImageError
from images.layouts.registry import SeveralSetsError
from images.masks.mask_file import Remedy
from images.open import Upload, named_files
from images.reading.archive import zip_files
from images.reading.files import Files
from images.roles.understanding import understand
from images.samples.catalogue import load_sample, samples
from methods import registry
from methods.parameters import changed

KEY = "session"
PREFERRED = ("sparse-coding", "mean-feature", "autoencoder")
"""The methods that a new person finds chosen."""
KEPT = Path("results")
"""Where comparisons are kept that shall outlive the server."""
PATIENCE = 0.5
"""After which part of the time for which Streamlit keeps it a session is closed for good."""
FIRST_SAMPLE = "brick"
"""What a new person finds ready to run."""


@dataclass
class Chosen:
    """A method in the list of those to be compared."""

    number: int
    """Tells it from others in this session, for the keys of its widgets."""
    detector: str
    label: str
    params: dict[str, Any] = field(default_factory=dict)
    """Those that differ from the defaults."""

    def variant(self) -> Variant:
        """What the comparison is told."""
        return Variant(self.detector, dict(self.params), label=self.label)


@dataclass
class ViewSettings:
    """How the results are looked at."""

    thresholds: dict[str, Threshold] = field(default_factory=dict)
    """Thresholds set by hand or taken from a curve, by the label of the method."""
    image: int = 0
    """The test image that is inspected."""
    place: tuple[int, int] | None = None
    """Row and column that are inspected in it."""
    layer: str = "Image"
    """What was pressed there: the label of a method or another picture."""
    to_inspect: bool = False
    """Whether a place was pressed whose page is to be opened."""


class Session:
    """One person's choices and results."""

    def __init__(self) -> None:
        self.data = load_sample(FIRST_SAMPLE)
        self.sample: str | None = FIRST_SAMPLE
        """The name of the sample set that `data` is, if it is one."""
        self.uploads: dict[str, list[Upload]] = {}
        """Files that were handed in, by the uploader that took them."""
        self.uploads_changed = False
        """Whether `uploads` hold something else than `files`."""
        self.upload_round = 0
        """Counts how often all uploads were removed, which empties the uploaders."""
        self.files: Files | None = None
        """What `data` was made from, if it was uploaded."""
        self.roles: dict[str, str] = {}
        """Roles of files given by hand, and of folders, with a ``/`` behind their name."""
        self.remedies: set[Remedy] = set()
        """Remedies for masks that look wrong, as the person has asked for."""
        self.layout: str | None = None
        """The folder layout that was chosen for uploaded files; None where it is found out."""
        self.part: str | None = None
        """The one of several uploaded sets that was chosen."""
        self.parts: list[str] = []
        """The folders of several uploaded sets, of which one is chosen; empty for a single set."""
        self.trouble = ""
        """Why the uploaded files could not be understood."""
        self.reading_changed = False
        """Whether layout or part were chosen since the files were read."""
        self.chosen = default_choice()
        self.view = ViewSettings()
        self.results_shown = 0
        """Methods whose results the page has shown, so that it is drawn again when one is added."""
        self.presence: Presence | None = None
        """The latest visit of a browser."""
        self._numbers = itertools.count(1000)
        self._jobs: list[AnyJob] = []
        self._galleries: list[Gallery] = []
        weakref.finalize(self, _let_go, self._jobs)

    @property
    def data(self) -> DataSet | None:
        """What is compared: the images and what was drawn on them."""
        return self._data

    @data.setter
    def data(self, data: DataSet | None) -> None:
        self.drawn = Drawn()
        self._take(data)

    def _take(self, data: DataSet | None) -> None:
        """Work on images as they came, with what is drawn."""
        self.source = data
        self._restricted = data and self.drawn.restrict(data)
        self._data = self._restricted and self.drawn.mark(self._restricted)

    def draw(self, purpose: Purpose, name: str, shapes: Sequence[Shape]) -> None:
        """Draw these shapes on the test image of a name, instead of those for this purpose."""
        assert self.source is not None
        assert self._restricted is not None
        picture = next(picture for picture in self.source.test if picture.name == name)
        self.drawn.put(purpose, picture, shapes)
        if purpose == "region":
            self._take(self.source)
        else:
            self._data = self.drawn.mark(self._restricted)

    @property
    def drawn_here(self) -> Drawn:
        """What is drawn on the present images."""
        return self.drawn.on_images_of(self.source) if self.source is not None else Drawn()

    @property
    def job(self) -> AnyJob | None:
        """The latest comparison, running or ended."""
        return self._jobs[-1] if self._jobs else None

    def choose_sample(self, name: str) -> None:
        """Ask for sample data, which `use_sample` makes."""
        self.data, self.sample, self.files = None, name, None

    def use_sample(self, name: str) -> None:
        """Work on sample data."""
        self.data, self.sample, self.files = load_sample(name), name, None

    def use_uploads(self, progress: Callable[[float], None]) -> None:
        """Work on what was handed in.

        What was drawn stays on the same pixels, and roles given by hand on the same files. Raises
        `ImageError` when nothing can be read at all.
        """
        drawn, before, roles = self.drawn, self.files, self.roles
        self.data, self.sample, self.files = None, None, None
        self.roles, self.trouble, self.parts = {}, "", []
        self.files = gather(self.uploads)
        self.drawn = drawn
        if self.files is None:
            self.layout = self.part = None
            return
        if not any(file.name.startswith(f"{self.part}/") for file in self.files.files):
            self.part = None
        self.read_uploads(progress)
        if before is not None and roles:
            self.give_roles(carried_roles(roles, before, self.files))

    def read_uploads(self, progress: Callable[[float], None]) -> None:
        """Read what was handed in, as the layout and the part that are chosen say."""
        assert self.files is not None
        self.reading_changed = False
        self._understand()
        if self.source is not None:
            self.files.check(progress, self.part)
            self._understand()

    def choose_layout(self, name: str | None) -> None:
        """Read uploaded files in a layout, which `read_uploads` does; None to find it out."""
        self.layout, self.part, self.parts, self.reading_changed = name, None, [], True

    def choose_part(self, part: str) -> None:
        """Take one of several sets, which `read_uploads` does."""
        self.part, self.reading_changed = part, True

    def give_roles(self, roles: Mapping[str, str]) -> None:
        """Change the roles of uploaded files or folders by hand."""
        self.roles |= roles
        self._understand()

    def fix_masks(self, remedy: Remedy, wanted: bool) -> None:
        """Apply a remedy to the masks that it is offered for, or no longer apply it."""
        (self.remedies.add if wanted else self.remedies.discard)(remedy)
        self._understand()

    def _understand(self) -> None:
        """Work on the uploaded files as they are understood, or on nothing, with the reason."""
        assert self.files is not None
        self.trouble, data = "", None
        try:
            data = understand(
                self.files, self.roles, self.remedies, layout=self.layout, part=self.part
            )
        except SeveralSetsError as error:
            self.parts = error.sets
        except ImageError as error:
            self.trouble = str(error)
        self._take(data)

    def gallery(self, data: DataSet) -> Gallery:
        """The pictures of a data set; those of the latest few are kept."""
        for gallery in self._galleries:
            if gallery.data is data:
                return gallery
        self._galleries = [*self._galleries[-2:], Gallery(data)]
        return self._galleries[-1]

    def start(self) -> None:
        """Begin a comparison of what is chosen now."""
        assert self.data is not None
        for job in self._jobs:
            if not any(holder is not self for holder in job.holders):
                job.cancel()
        variants = [chosen.variant() for chosen in self.chosen]
        self._hold(Job(self.data, variants, self._on_same_pixels(self.data)))

    def find(self, token: str) -> None:
        """Take up a comparison by its token; methods that are gone by now are not chosen again.

        Raises `ComparisonError` when there is none.
        """
        job = LIVE.get(token) or KeptJob(kept_folder(token))
        self.data, self.sample, self.files = job.data, _sample_name(job.data), None
        self.chosen = [
            Chosen(next(self._numbers), item.detector, item.label, _settings(item))
            for item in job.variants
            if item.detector in registry.names()
        ]
        self._hold(job)

    def keep(self) -> Path:
        """Keep the present comparison for another day; returns the folder of the copy."""
        assert self.job is not None
        folder = kept_folder(self.job.token)
        if not folder.exists():
            copy_folder(self.job.folder, folder)
        return folder

    def leave(self) -> None:
        """Let go of everything, since nobody comes back."""
        self._drop(len(self._jobs))
        self._galleries.clear()
        self.uploads.clear()
        self.data = None
        self.files = None
        gc.collect()  # pictures hang in cycles with what Streamlit keeps of a session
        return_memory()

    def _hold(self, job: AnyJob) -> None:
        """Make a job the present one; the one before stays for what it has worked out."""
        self._drop(len(self._jobs) - 1)
        self._jobs.append(job)
        job.holders.add(self)
        self.view = ViewSettings()
        self.results_shown = len(job.assessments())

    def _drop(self, count: int) -> None:
        """Let go of the oldest comparisons."""
        dropped = self._jobs[: max(0, count)]
        del self._jobs[: len(dropped)]
        for job in dropped:
            job.holders.discard(self)
        _let_go(dropped)

    def _on_same_pixels(self, data: DataSet) -> list[AnyJob]:
        """The comparisons whose results hold for a data set too."""
        return [job for job in self._jobs if same_pixels(job.data, data)]

    def add_method(self, detector: str, params: Mapping[str, Any] | None = None) -> None:
        """Put one more method, or one more variant of it, on the list."""
        label = self.free_label(registry.get(detector).title)
        self.chosen.append(Chosen(next(self._numbers), detector, label, dict(params or {})))

    def free_label(self, wish: str) -> str:
        """A label that no method on the list has yet."""
        taken = {chosen.label for chosen in self.chosen}
        if wish not in taken:
            return wish
        return next(
            label for number in itertools.count(2) if (label := f"{wish} {number}") not in taken
        )


def gather(uploads: Mapping[str, Sequence[Upload]]) -> Files | None:
    """All that was handed in as one set of files; an archive stands alone."""
    archives = uploads.get("archive", [])
    if archives:
        name, data = archives[-1]
        return zip_files(data, name)
    if not any(uploads.values()):
        return None
    return named_files(
        uploads.get("normal", ()),
        uploads.get("test", ()),
        uploads.get("masks", ()),
        uploads.get("folder", ()),
    )


def carried_roles(roles: Mapping[str, str], before: Files, after: Files) -> dict[str, str]:
    """Roles given by hand that still hold when other files are handed in.

    A role belongs to the pixels of an image, under whatever name it is found again, and that of a
    folder to a folder of the same name with an image that it had before.
    """
    known, present = _digests(before), _digests(after)
    names: dict[bytes, list[str]] = {}
    for name, digest in present.items():
        names.setdefault(digest, []).append(name)
    carried = {}
    for place, role in roles.items():
        if place.endswith("/"):
            within = (name for name in known if name.startswith(place))
            if any(present.get(name) == known[name] for name in within):
                carried[place] = role
        elif place in known:
            same = present.get(place) == known[place]
            carried |= dict.fromkeys([place] if same else names.get(known[place], []), role)
    return carried


def _digests(files: Files) -> dict[str, bytes]:
    """What tells the pixels of each page from others, by its name, as far as it was looked at."""
    found: dict[str, bytes] = {}
    for file in files.files:
        with suppress(ImageError):
            found |= {
                page.name: page.content.digest
                for page in file.pages
                if page.content is not None and page.content.digest
            }
    return found


def _sample_name(data: DataSet) -> str | None:
    """The name of the sample that a data set is, if it is one."""
    return data.name if data.name in samples() and load_sample(data.name) is data else None


def _settings(variant: Variant) -> dict[str, Any]:
    """The parameters of a variant that differ from the defaults, as the types they have today.

    Those that are no longer taken stay as they are, so that the form names what is wrong.
    """
    with suppress(AnomalyError):
        return changed(registry.get(variant.detector).Params, variant.params, variant.label)
    return dict(variant.params)


def _let_go(jobs: list[AnyJob]) -> None:
    for job in jobs:
        if not any(True for _ in job.holders):
            job.abandon()


def kept_folder(token: str) -> Path:
    """Where a comparison with this token is kept. Raises `ComparisonError` for no token at all."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{8,64}", token):
        raise ComparisonError("The address names no comparison.")
    return KEPT / token


def default_choice() -> list[Chosen]:
    """The methods that a new person finds chosen."""
    names = registry.names()
    preferred = [name for name in PREFERRED if name in names] or list(names[:3])
    return [Chosen(number, name, registry.get(name).title) for number, name in enumerate(preferred)]


def forget_unless(key: str, options: Sequence[object]) -> None:
    """Let a widget take its first value when the one that it has is not offered."""
    if key in st.session_state and st.session_state[key] not in options:
        del st.session_state[key]


def session() -> Session:
    """The session of the person whose page is being drawn."""
    if KEY not in st.session_state:
        st.session_state[KEY] = Session()
    mine: Session = st.session_state[KEY]
    mine.presence = _presence(mine)
    return mine


@dataclass(frozen=True, eq=False)
class Presence:
    """One visit of a browser, from the first page until it is closed or loses its way."""

    session: "weakref.ref[Session]"
    streamlit_id: str


def _disconnected(presence: Presence) -> None:
    """The browser is gone, perhaps for a moment; called on Streamlit's event loop.

    Streamlit alone would keep the session, files that were handed in and all, until somebody else
    comes and goes; so it is closed in good time, before it would be out of reach.
    """
    loop = asyncio.get_running_loop()
    patience = PATIENCE * st.get_option("server.disconnectedSessionTTL")

    def leave_unless_back() -> None:
        gone, server = presence.session(), runtime.get_instance()
        if gone is None or gone.presence is not presence:
            return
        # One that has just come back may not have drawn its page yet.
        if not server.is_active_session(presence.streamlit_id):
            server.close_session(presence.streamlit_id)
            loop.run_in_executor(None, gone.leave)

    loop.call_later(patience, leave_unless_back)


@st.cache_resource(scope="session", on_release=_disconnected, show_spinner=False)
def _presence(_mine: Session) -> Presence:
    """Kept by Streamlit for as long as the browser is connected."""
    context = get_script_run_ctx()
    assert context is not None
    return Presence(weakref.ref(_mine), context.session_id)
