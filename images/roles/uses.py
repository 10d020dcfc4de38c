"""What each page of a set is used for: as the layout says, or a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from images.dataset import GOOD
from images.errors import AnomalyError
from images.layouts.layout import Layout, Part, unused
from images.reading.files import File, Page
from images.roles.naming import Place, Role, split_name

ROLES = ("normal", "test", "test/good", "mask", "not used")
"""What is accepted as a manual role, beside ``"test/<kind>"`` of any kind and ``"normal/<class>"``
of any class."""


@dataclass(eq=False)
class Use:
    """A page and what it is used for."""

    page: Page
    place: Place
    """Of its file, with the folders below the top of the set."""
    role: Role
    kind: str | None
    reason: str
    """Why it is not used."""
    folder: str = ""
    """Of an undecided one: the folder that is to be given a role."""
    warning: str = ""
    """What looks wrong, a sentence."""
    manual: bool = False
    """Whether a person gave it this role."""
    masks: list[Page] = field(default_factory=list)
    """All that is marked in any of them is defective."""
    known_class: str | None = None
    """Of a normal image, and of a test image that is normal, where classes are known."""


def uses_of(
    images: Mapping[str, File],
    parts: Mapping[str, Part],
    roles: Mapping[str, str],
    reader: Layout,
    root: str,
) -> list[Use]:
    """What each page of some images is used for.

    `parts` are what a layout says of the files, by their names, and `roles` what a person does, as
    `images.roles.understanding.understand` takes them; `root` is the folder that the layout begins
    in.
    Raises `AnomalyError` for a role that is none.
    """
    uses = []
    nowhere = unused(f"does not belong to the layout {reader.title}")
    for file in images.values():
        part = parts.get(file.name, nowhere)
        pages = file.pages if part.channel is None else file.channel(part.channel)
        folders, stem = split_name(file.given.removeprefix(root))
        for page in pages:
            use = Use(
                page,
                Place(file.name, folders, stem, part.role, part.kind),
                part.role,
                part.kind,
                part.reason,
                part.folder,
                part.warning,
                known_class=part.known_class,
            )
            given = _given_role(page, roles)
            if given is not None:
                use.role, use.kind, use.reason, use.known_class = _manual(given)
                use.manual, use.warning = True, ""
            if page.seen is not None and page.seen.error is not None:
                use.role, use.kind, use.reason = "not used", None, page.seen.error
            uses.append(use)
    _find_known(uses)
    return uses


def _find_known(uses: Sequence[Use]) -> None:
    """Make test images good whose kind is the name of a known class."""
    classes = {use.known_class for use in uses if use.role == "normal"} - {None}
    for use in uses:
        if use.role == "test" and use.kind in classes:
            use.kind, use.known_class = GOOD, use.kind


def _given_role(page: Page, roles: Mapping[str, str]) -> str | None:
    """The role that a person gave a page, its file or the nearest folder that it is in."""
    folders = page.file.name.split("/")[:-1]
    above = ["/".join(folders[:depth]) + "/" for depth in range(len(folders), 0, -1)]
    places = [page.name, page.file.name, *above]
    return next((roles[place] for place in places if place in roles), None)


def _manual(given: str) -> tuple[Role, str | None, str, str | None]:
    """Role, kind, reason and known class of a role given by hand."""
    if given.startswith("test/") and len(given) > len("test/"):
        return "test", given.removeprefix("test/"), "", None
    if given.startswith("normal/") and len(given) > len("normal/"):
        return "normal", GOOD, "", given.removeprefix("normal/")
    if given == "normal":
        return "normal", GOOD, "", None
    if given == "test":
        return "test", None, "", None
    if given == "mask":
        return "mask", None, "", None
    if given == "not used":
        return "not used", None, "was set to not used", None
    raise AnomalyError(
        f"{given!r} is not a role; expected one of {', '.join(ROLES)}, normal/<class> or "
        "test/<kind>."
    )
