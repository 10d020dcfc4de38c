"""Roles of folders and files as a person writes them, on the command line or in a suite."""

from collections.abc import Callable, Iterable

from images.errors import AnomalyError
from images.reading.files import Files
from images.roles.uses import ROLES

ROLE_NAMES = "normal, normal/CLASS, test, test/KIND, mask or not-used"


class RoleError(AnomalyError):
    """A role names a place that is not there; the text is one sentence."""


def role_named(text: str) -> str | None:
    """The role that a text names, as `understand` takes it; None where it names none."""
    role = "not used" if text in ("not-used", "left-over") else text
    named = any(role.removeprefix(each) not in ("", role) for each in ("normal/", "test/"))
    return role if role in ROLES or named else None


def placed_roles(
    files: Files, given: Iterable[tuple[str, str]], said: Callable[[str, str], str]
) -> dict[str, str]:
    """Roles by place, as `understand` takes them.

    `said` gives the begin of the sentence for a place that is not there. Raises `RoleError`.
    """
    names = [file.name for file in files.files]
    roles = {}
    for place, role in given:
        if any(name == place or name.startswith(f"{place}#") for name in names):
            roles[place] = role
        elif any(name.startswith(f"{place}/") for name in names):
            roles[f"{place}/"] = role
        else:
            raise RoleError(
                f"{said(place, role)} names {place!r}, which is not a folder or file of "
                f"{files.name}."
            )
    return roles
