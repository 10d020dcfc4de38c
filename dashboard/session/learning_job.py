"""A learning curve that is computed in the background, in turn with comparisons."""

import logging
from collections.abc import Sequence

from dashboard.session.job import ComparisonJob
from dashboard.session.job_queue import JobQueue
from dashboard.session.jobs import QUEUE
from dashboard.session.progress import JobState
from dashboard.session.queued_job import QueuedJob
from evaluation.comparison.learning_curve import learning_curve
from images.errors import AnomalyError, explained
from methods.progress import Cancelled


class LearningJob(QueuedJob):
    """Fits methods of an ended comparison on draws of its normal images, in a thread of its own.

    What it finds is kept in the folder of the comparison, which stays until this has ended.
    """

    def __init__(
        self,
        job: ComparisonJob,
        labels: Sequence[str],
        images: Sequence[int],
        draws: int,
        queue: JobQueue = QUEUE,
    ) -> None:
        super().__init__(queue, "learning curve")
        self.job = job
        self.fraction = 0.0
        self.note = ""
        """What is measured now."""
        self._labels = tuple(labels)
        self._images = tuple(images)
        self._draws = draws
        job.lend()
        self._begin()

    def _work(self) -> None:
        self._queue.wait(self)
        state: JobState = "failed"
        try:
            self._tell(0.0)
            self.state = "running"
            comparison = self.job.comparison()
            assert comparison is not None
            learning_curve(comparison, self._labels, self._images, self._draws, progress=self._tell)
            state = "finished"
        except Cancelled:
            state = "cancelled"
        except (AnomalyError, MemoryError) as error:
            self.failure = explained(error)
        except Exception:
            logging.getLogger(__name__).exception("A learning curve stopped: internal error.")
            self.failure = (
                "The learning curve stopped because of an internal error. See the server log for "
                "details."
            )
        finally:
            self._queue.leave(self)
            self.job.give_back()
            self.state = state

    def _tell(self, fraction: float, note: str = "") -> None:
        if self.cancelled:
            raise Cancelled
        self.fraction, self.note = fraction, note
