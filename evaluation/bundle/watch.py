"""A folder in which images arrive: each is scored as soon as it has been written.

A file is taken when its size and time of writing have stayed the same for a moment. One that cannot
be read may still be in the middle of being written by a program that pauses, so it is tried again
until it has been left alone for longer, and only then told. The folder is looked at again and
again, so that nothing is missed, whatever file system it is on and whenever it was started.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from evaluation.bundle.predict import Predictor
from evaluation.bundle.sources import Arrived, Source
from images.errors import ImageError

LOOK_SECONDS = 0.5
"""Between two looks at the folder; longer where a look takes long."""
LONGEST_PAUSE = 5.0
SETTLED_SECONDS = 0.4
"""For which a file must have stayed the same before it is opened."""
PATIENCE_SECONDS = 10.0
"""For which a file that cannot be read must have stayed the same before that is told."""

Look = tuple[int, str]
"""Size and time of writing."""


@dataclass
class Watch:
    """Looks at a folder until `stop` says so, or nothing has arrived for `idle` seconds."""

    predictor: Predictor
    source: Source
    stop: Callable[[], bool]
    idle: float | None = None
    patience: float = PATIENCE_SECONDS
    _seen: dict[str, tuple[Look, float]] = field(default_factory=dict)
    """Of files that are waited for: how they were found, and when they were found so first."""
    _taken: set[bytes] = field(default_factory=set)
    """Files that have been scored or told of as they are, by the digests of their identities."""

    def run(self) -> None:
        """Score what is there and what arrives. Raises `WriteError`."""
        busy = time.monotonic()
        while not self.stop():
            before, begin = self.predictor.counts.files, time.monotonic()
            self.predictor.run(self._ready(), self.stop)
            now, pause = time.monotonic(), LOOK_SECONDS
            if self.predictor.counts.files != before:
                self.predictor.summarise()
                busy = now
            elif self.idle is not None and not self._seen and now - busy > self.idle:
                return
            else:
                pause = min(max(LOOK_SECONDS, 5 * (now - begin)), LONGEST_PAUSE)
            self._wait(pause)

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.stop():
            time.sleep(0.1)

    def _ready(self) -> Iterator[Arrived]:
        """The files that can be scored now; each is looked at while the one before is scored."""
        present = set()
        for arrived in self.source.files():
            digest = self.predictor.identity(arrived).digest()
            if digest in self._taken or self.predictor.is_done(arrived):
                continue
            present.add(arrived.file.name)
            if self._is_ready(arrived):
                self._taken.add(digest)
                yield arrived
        for gone in self._seen.keys() - present:
            del self._seen[gone]

    def _is_ready(self, arrived: Arrived) -> bool:
        """Whether a file has been written, or is to be told of as one that cannot be used."""
        name, now = arrived.file.name, time.monotonic()
        look = (arrived.file.size, arrived.modified)
        before, since = self._seen.get(name, (None, now))
        if before != look:
            since = now
        unchanged = max(now - since, arrived.age)
        self._seen[name] = (look, since)
        if unchanged < SETTLED_SECONDS:
            return False
        if unchanged < self.patience and not _can_be_read(arrived):
            return False
        del self._seen[name]
        return True


def _can_be_read(arrived: Arrived) -> bool:
    """Whether all images of a file can be decoded now."""
    try:
        for page in arrived.file.pages:
            page.decode()
    except ImageError:
        return False
    return True
