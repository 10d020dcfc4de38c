"""The images that a person has chosen, and what was drawn on them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dashboard.session.drawn import Drawn, Purpose
from dashboard.session.uploads import Uploads, carried_roles
from images.dataset import DataSet, Finding, Picture
from images.drawing.shapes import Shape
from images.errors import shown
from images.masks.mask_file import Remedy
from images.samples.catalogue import load_sample, samples

FIRST_SAMPLE = "brick"
"""What a new person finds ready to run."""


@dataclass
class ImageSelection:
    """A sample or uploaded images, with what was drawn on them."""

    sample: str | None = None
    """The name of the sample set that `data` is, if it is one."""
    uploads: Uploads = field(default_factory=Uploads)
    drawn: Drawn = field(default_factory=Drawn)
    source: DataSet | None = None
    """The images as they came, without what was drawn on them."""
    data: DataSet | None = None
    """What is compared: the images and what was drawn on them."""
    taken_out: set[str] = field(default_factory=set)
    """The identities of normal images that are not to be learned, although their role is that."""
    added: tuple[Picture, ...] = ()
    """Normal images that were confirmed on the page Apply, used for training beside the others."""
    aside: set[str] = field(default_factory=set)
    """The identities of labelled test images that tuning is judged on, and that test nothing."""
    _restricted: DataSet | None = None
    """The images with the drawn region alone."""
    _marked: DataSet | None = None
    """The images with all that is drawn, those that are set aside among them."""

    @classmethod
    def first(cls) -> "ImageSelection":
        """What a new person finds."""
        images = cls()
        images.use_sample(FIRST_SAMPLE)
        return images

    def use(self, data: DataSet | None) -> None:
        """Work on a data set, which has nothing drawn on it yet; None for nothing."""
        self._work_on(data, _sample_name(data))
        self.uploads.files = None

    def choose_sample(self, name: str) -> None:
        """Ask for sample data, which `use_sample` makes."""
        self._work_on(None, name)
        self.uploads.files = None

    def use_sample(self, name: str) -> None:
        """Work on sample data."""
        self._work_on(load_sample(name), name)
        self.uploads.files = None

    def use_uploads(self, progress: Callable[[float], None]) -> None:
        """Work on what was uploaded.

        What was drawn stays on the same pixels, and roles that a person set on the same files.
        Raises `ImageError` when nothing can be read at all.
        """
        drawn, before, roles = self.drawn, self.uploads.files, self.uploads.roles
        taken_out, added = self.taken_out, self.added
        self._work_on(None, None)
        self.uploads.gather()
        self.drawn, self.taken_out, self.added = drawn, taken_out, added
        if self.uploads.files is None:
            return
        self.read_uploads(progress)
        if before is not None and roles:
            # Only now: files are told apart by pixels, which reading has looked at.
            self.give_roles(carried_roles(roles, before, self.uploads.files))

    def read_uploads(self, progress: Callable[[float], None]) -> None:
        """Read what was uploaded, as the layout and the part that are chosen say."""
        self.uploads.reading_changed = False
        self._take(self.uploads.understood())
        if self.source is not None:
            self.uploads.check(progress)
            self._take(self.uploads.understood())

    def give_roles(self, roles: Mapping[str, str]) -> None:
        """Change the roles of uploaded files or folders."""
        self.uploads.roles |= roles
        self._take(self.uploads.understood())

    def fix_masks(self, remedy: Remedy, wanted: bool) -> None:
        """Apply a remedy to the masks that it is offered for, or no longer apply it."""
        (self.uploads.remedies.add if wanted else self.uploads.remedies.discard)(remedy)
        self._take(self.uploads.understood())

    def draw(self, purpose: Purpose, name: str, shapes: Sequence[Shape]) -> None:
        """Draw these shapes on the test image of a name, instead of those for this purpose."""
        assert self.source is not None
        assert self._restricted is not None
        picture = next(picture for picture in self.source.test if picture.name == name)
        self.drawn.put(purpose, picture, shapes)
        if purpose == "region":
            self._take(self.source)
        else:
            self._mark()

    def take_out(self, name: str) -> None:
        """Learn no longer from the normal image of a name."""
        assert self.source is not None
        self.taken_out |= {each.identity for each in self.source.normal if each.name == name}
        self.added = tuple(each for each in self.added if each.name != name)
        self._take(self.source)

    def add_normal(self, pictures: Sequence[Picture]) -> int:
        """Train on these too; returns how many of them are new, by their identities."""
        assert self.source is not None
        known = {each.identity for each in (*self.source.normal, *self.added)}
        new = [each for each in pictures if each.identity not in known]
        self.added += tuple(new)
        self._take(self.source)
        return len(new)

    def put_back(self) -> None:
        """Learn from all normal images again."""
        self.taken_out = set()
        self._take(self.source)

    def set_aside(self, names: Sequence[str]) -> None:
        """Test on all but the images of these names, which tuning is judged on."""
        pictures = self._marked.test if self._marked is not None else ()
        aside = {each.identity for each in pictures if each.name in names}
        if aside != self.aside:  # the same choice leaves the data set, so that trials go on
            self.aside = aside
            self._mark()

    @property
    def all_test(self) -> tuple[Picture, ...]:
        """The test images with what is drawn, those that are set aside among them."""
        return self._marked.test if self._marked is not None else ()

    @property
    def set_aside_here(self) -> tuple[Picture, ...]:
        """The present test images that are set aside."""
        return tuple(each for each in self.all_test if each.identity in self.aside)

    @property
    def taken_out_here(self) -> tuple[str, ...]:
        """The names of the present normal images that are taken out."""
        normal = self.source.normal if self.source is not None else ()
        return tuple(each.name for each in normal if each.identity in self.taken_out)

    @property
    def drawn_here(self) -> Drawn:
        """What is drawn on the present images."""
        return self.drawn.on_images_of(self.source) if self.source is not None else Drawn()

    def _work_on(self, data: DataSet | None, sample: str | None) -> None:
        self.drawn, self.sample, self.added = Drawn(), sample, ()
        self.taken_out, self.aside = set(), set()
        self._take(data)

    def _take(self, data: DataSet | None) -> None:
        """Work on images as they came, with what is drawn."""
        self.source = data
        if data is not None and self.taken_out_here:
            kept = (each for each in data.normal if each.identity not in self.taken_out)
            data = replace(data, normal=tuple(kept))
        if data is not None and self.added:
            told = [
                Finding(each.name, "normal", f"Normal image: {shown(each.name)}, confirmed by you.")
                for each in self.added
            ]
            data = replace(
                data, normal=(*data.normal, *self.added), findings=(*data.findings, *told)
            )
        self._restricted = data and self.drawn.restrict(data)
        self._mark()

    def _mark(self) -> None:
        """Work on what is left with what is drawn on it, without the images that are set aside."""
        self._marked = self._restricted and self.drawn.mark(self._restricted)
        self.data = self._marked
        if self._marked is not None and self.aside:
            rest = (each for each in self._marked.test if each.identity not in self.aside)
            self.data = replace(self._marked, test=tuple(rest))


def _sample_name(data: DataSet | None) -> str | None:
    """The name of the sample that a data set is, if it is one."""
    if data is None or data.name not in samples():
        return None
    return data.name if load_sample(data.name) is data else None
