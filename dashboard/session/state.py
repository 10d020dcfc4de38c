"""What one person has chosen and computed.

Everything but the values of widgets hangs on one `Session` in `st.session_state`, so that nothing
is lost when the page is changed. A comparison is found again by the token in its address, so that
nothing is lost when the page is loaded again either. When the browser stays away, the session is
closed; its comparison runs on and can be found again for a while, see `unattended`.
"""

import gc
from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st

from dashboard.session.applied import Applied
from dashboard.session.comparisons import Comparisons
from dashboard.session.downloads import Downloads
from dashboard.session.estimates import Estimates
from dashboard.session.images import ImageSelection
from dashboard.session.job import ComparisonJob
from dashboard.session.learning_job import LearningJob
from dashboard.session.memory import Memory
from dashboard.session.methods import MethodSelection
from dashboard.session.presence import Presence, present
from dashboard.session.tuning import TuningJob
from dashboard.session.view import ViewSettings
from dashboard.session.widgets import SESSION
from evaluation.comparison.comparison import Variant
from evaluation.comparison.costs import return_memory
from evaluation.tuning.tuning import TuningPlan
from images.dataset import DataSet

GALLERIES = 3.0
"""Data sets whose pictures are kept."""


@dataclass(eq=False)
class Session:
    """One person's choices and results, each part in a class of its own."""

    images: ImageSelection = field(default_factory=ImageSelection.first)
    methods: MethodSelection = field(default_factory=MethodSelection)
    comparisons: Comparisons = field(default_factory=Comparisons)
    tuning: TuningJob | None = None
    """The latest search for better parameters, running or ended."""
    view: ViewSettings = field(default_factory=ViewSettings)
    learning: LearningJob | None = None
    """The latest learning curve, running or ended."""
    estimates: Estimates = field(default_factory=Estimates)
    applied: Applied = field(default_factory=Applied)
    """New images that a method judges."""
    downloads: Downloads = field(default_factory=Downloads)
    """What makes files to take away."""
    galleries: Memory = field(default_factory=lambda: Memory(GALLERIES))
    """The pictures of the latest data sets; see `components.gallery`."""
    presence: Presence | None = None
    """The latest visit of a browser."""

    @property
    def data(self) -> DataSet | None:
        """What is compared."""
        return self.images.data

    @property
    def job(self) -> ComparisonJob | None:
        """The latest comparison, running or ended."""
        return self.comparisons.latest

    def start(self) -> None:
        """Begin a comparison of what is chosen now."""
        assert self.data is not None
        self._stop_learning()
        self._look_at(self.comparisons.start(self.data, self.methods.variants()))

    def tune(self, variants: Sequence[Variant], plan: TuningPlan, aside: Sequence[str]) -> None:
        """Begin to search the parameters of some methods, judged on the images set aside, if any.

        One search runs for a session at a time; the trials of the one before are taken up where
        they are of the same images.
        """
        assert self.data is not None
        if self.tuning is not None:
            self.tuning.cancel()
        self.images.set_aside(aside)
        pictures = self.images.set_aside_here
        self.tuning = TuningJob(self.data, variants, plan, pictures, self.tuning)

    def find(self, token: str) -> None:
        """Take up a comparison by its token, and choose what it compared.

        Raises `ComparisonError` when there is none.
        """
        job = self.comparisons.find(token)
        self._stop_learning()
        self.images.use(job.data)
        self.methods.take(job.variants)
        self._look_at(job)

    def leave(self) -> None:
        """Let go of everything, since nobody comes back."""
        self._stop_learning()
        self.comparisons.leave()
        if self.tuning is not None:
            self.tuning.cancel()
            self.tuning = None
        self.galleries = Memory(GALLERIES)
        self.images = ImageSelection()
        self.estimates = Estimates()
        self.applied = Applied()
        gc.collect()  # pictures hang in cycles with what Streamlit keeps of a session
        return_memory()

    def _stop_learning(self) -> None:
        if self.learning is not None:
            self.learning.cancel()
        self.learning = None

    def _look_at(self, job: ComparisonJob) -> None:
        self.view = ViewSettings(results_shown=len(job.assessments()))


def session() -> Session:
    """The session of the person whose page is being drawn."""
    if SESSION not in st.session_state:
        st.session_state[SESSION] = Session()
    mine: Session = st.session_state[SESSION]
    mine.presence = present(mine)
    return mine
