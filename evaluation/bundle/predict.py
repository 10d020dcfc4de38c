"""Score new images by a bundle, one after the other, each written before the next is.

Several images are decoded and scored at the same time, each with its share of the cores, which
takes less time than all cores for one image after the other; another thread writes those before.
Rows come in the order of the images. Memory holds a few images, however many come.
"""

import itertools
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from evaluation.bundle.bundle import Bundle
from evaluation.bundle.incoming import NewImage, read_page
from evaluation.bundle.judgement import Judgement, judge
from evaluation.bundle.output import Identity, Output
from evaluation.bundle.sources import Arrived
from evaluation.decisions.drift import RUN_LENGTH, Drift, DriftReport
from evaluation.decisions.shift import differences
from evaluation.report.spreadsheets import inert
from evaluation.workers.threads import cores
from images.errors import AnomalyError, ImageError, explained
from images.properties import Properties
from images.reading.files import Page

AT_ONCE = 4
"""Most images that are scored at the same time, one a core."""
AHEAD = 2
"""Images that wait to be written while another is scored."""
FIRST = 10
"""Images before which no change is told of."""
MEASURED_OF_FIRST, MEASURED_OF = 3, 20
"""Of so many images the properties of one are measured, among the first ones and later: that takes
as long as a tenth of scoring an image."""
MEASURED_MOST = 10
"""Images whose properties are kept, the latest ones."""
SUMMARY_SECONDS = 10.0

Judged = Future[tuple[NewImage, Judgement]]
"""An image that is or will be judged."""


def at_once() -> int:
    """Images that are scored at the same time on this machine."""
    return min(AT_ONCE, cores())


@dataclass
class Counts:
    """What has come of the files so far."""

    total: int | None = None
    """Files that are expected; None where nobody knows."""
    known: int = 0
    """Images that were scored at an earlier start."""
    scored: int = 0
    flagged: int = 0
    """Of all images, those of earlier starts included."""
    files: int = 0
    """Files that this start is done with."""
    skipped: int = 0


@dataclass(frozen=True)
class Summary:
    """What `summary.json` holds."""

    bundle: str
    bundle_digest: str
    images: int
    flagged: int
    skipped: int
    """Files and pages that could not be scored at the latest start."""
    seconds: float
    """Of the latest start."""
    images_per_second: float | None
    drift: DriftReport
    drift_text: str


@dataclass(frozen=True)
class Listener:
    """Who is told of what happens."""

    on_image: Callable[[Counts], object] = lambda counts: None
    on_skip: Callable[[str, str], object] = lambda name, reason: None
    """With the name of a file or page, and why it cannot be scored in a sentence."""
    on_drift: Callable[[str], object] = lambda text: None


@dataclass
class Predictor:
    """A run of a bundle over files, which a later one continues."""

    bundle: Bundle
    output: Output
    listener: Listener = field(default_factory=Listener)
    run_length: float = RUN_LENGTH
    """The ARL0 of the alarm for drift."""

    def __post_init__(self) -> None:
        self.counts = Counts()
        self._begun = itertools.count()
        facts = self.bundle.facts
        self.drift = Drift(self.bundle.normal_scores, facts.image_threshold.value, self.run_length)
        self._properties: deque[Properties] = deque(maxlen=MEASURED_MOST)
        self._done: set[bytes] = set()
        for row in self.output.rows():
            self._done.add(row.identity.digest())
            self.drift.add(row.identity.name, row.score)
            self.counts.known += 1
            self.counts.flagged += row.defective
        self._begin = self._summarised = time.monotonic()

    def run(self, files: Iterable[Arrived], stop: Callable[[], bool] = lambda: False) -> None:
        """Score the images in the files that have no row yet; ends early when `stop` says so.

        A file or page that cannot be used is told and passed over. Raises `WriteError` when
        something cannot be written.
        """
        with (
            ThreadPoolExecutor(at_once(), "scoring") as scoring,
            ThreadPoolExecutor(1, "writing") as writing,
        ):
            written: deque[Future[None]] = deque()
            try:
                for arrived, page, judged in _ahead(scoring, self._pages(files), self._judged):
                    if page is not None and judged is not None:
                        self._take(arrived, page, judged, writing, written)
                    else:
                        self.counts.files += 1
                        self.listener.on_image(self.counts)
                    if stop():
                        break
                while written:
                    written.popleft().result()
            finally:
                for waiting in written:
                    waiting.cancel()

    def summary(self) -> Summary:
        """Where the run is."""
        counts, seconds = self.counts, time.monotonic() - self._begin
        report = self.drift.report()
        return Summary(
            self.bundle.facts.label,
            self.bundle.digest,
            counts.known + counts.scored,
            counts.flagged,
            counts.skipped,
            round(seconds, 3),
            round(counts.scored / seconds, 3) if counts.scored and seconds else None,
            report,
            self._drift_text(report),
        )

    def summarise(self) -> None:
        """Write where the run is."""
        self._summarised = time.monotonic()
        self.output.summarise(self.summary())

    def skip(self, name: str, reason: str) -> None:
        """Tell of what cannot be scored."""
        self.counts.skipped += 1
        self.output.skip(name, reason)
        self.listener.on_skip(name, reason)

    def is_done(self, arrived: Arrived, name: str | None = None) -> bool:
        """Whether a file, or a page of a name in it, has its row already."""
        return self.identity(arrived, name).digest() in self._done

    def identity(self, arrived: Arrived, name: str | None = None) -> Identity:
        """That of a file, or of a page of a name in it."""
        return Identity(inert(name or arrived.file.name), arrived.file.size, arrived.modified)

    def _pages(self, files: Iterable[Arrived]) -> Iterator[tuple[Arrived, Page | None]]:
        """The pages that have no row yet, and None after the last one of a file."""
        for arrived in files:
            name = arrived.file.name
            if not self.is_done(arrived):
                try:
                    if "\n" in name or "\r" in name:
                        raise ImageError(name, "has a line break in its name")
                    pages = [
                        page for page in arrived.file.pages if not self.is_done(arrived, page.name)
                    ]
                except ImageError as error:
                    self.skip(name, str(error))
                    pages = []
                yield from ((arrived, page) for page in pages)
            yield arrived, None

    def _judged(self, page: Page) -> tuple[NewImage, Judgement]:
        begun = next(self._begun)
        measured = begun % (MEASURED_OF_FIRST if begun < FIRST else MEASURED_OF) == 0
        new = read_page(page, self.bundle.facts.scales, measured=measured)
        return new, judge(self.bundle, page.name, new.pixels, new.with_data)

    def _take(
        self,
        arrived: Arrived,
        page: Page,
        judged: Judged,
        writing: ThreadPoolExecutor,
        written: "deque[Future[None]]",
    ) -> None:
        """Have what was found in an image written, or tell why nothing was."""
        try:
            new, found = judged.result()
        except AnomalyError as error:
            text = str(error)
            self.skip(page.name, text if isinstance(error, ImageError) else f"{page.name}: {text}")
            return
        except Exception as error:  # the model of a bundle may be inconsistent in any way
            logging.getLogger(__name__).error("%s failed.", page.name, exc_info=error)
            reason = (
                explained(error)
                if isinstance(error, MemoryError)
                else f"The model in {self.bundle.name} fails on it ({type(error).__name__})."
            )
            self.skip(page.name, f"{page.name}: {reason}")
            return
        identity = self.identity(arrived, page.name)
        while len(written) >= AHEAD:
            written.popleft().result()
        written.append(writing.submit(self.output.write, identity, new.pixels, found))
        self._done.add(identity.digest())
        self.counts.scored += 1
        self.counts.flagged += found.defective
        if new.properties is not None:
            self._properties.append(new.properties)
        if self.drift.add(identity.name, found.score):
            self.listener.on_drift(self._drift_text(self.drift.report()))
        self.listener.on_image(self.counts)
        if time.monotonic() - self._summarised > SUMMARY_SECONDS:
            self.summarise()

    def _drift_text(self, report: DriftReport) -> str:
        """The warning, with what differs in the images themselves."""
        text = report.text()
        found = differences(self.bundle.normal_properties, list(self._properties)) if text else []
        return f"{text} Most of the latest images are {', and '.join(found)}." if found else text


def _ahead(
    scoring: ThreadPoolExecutor,
    items: Iterable[tuple[Arrived, Page | None]],
    judged: Callable[[Page], tuple[NewImage, Judgement]],
) -> Iterator[tuple[Arrived, Page | None, Judged | None]]:
    """The items in their order, each page with what comes of it.

    The next ones are judged meanwhile.
    """
    waiting: deque[tuple[Arrived, Page | None, Judged | None]] = deque()
    try:
        for arrived, page in items:
            future = scoring.submit(judged, page) if page is not None else None
            waiting.append((arrived, page, future))
            while len(waiting) > 2 * (at_once() + 1):  # a file with one image is two items
                yield waiting.popleft()
        while waiting:
            yield waiting.popleft()
    finally:
        for _, _, future in waiting:
            if future is not None:
                future.cancel()
