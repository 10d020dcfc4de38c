"""The registry that detectors, features, networks, layouts and threshold rules are found in.

A registry is filled from three places: the modules of its own packages, the packages that somebody
installed beside this one (entry points), and calls of `Registry.register` in a script.
"""

import importlib
import logging
import pkgutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from importlib.metadata import EntryPoint, entry_points
from threading import RLock
from typing import Any, Generic, TypeVar

from images.errors import AnomalyError

E = TypeVar("E")
R = TypeVar("R")


class RegistryError(AnomalyError):
    """An entry cannot be registered, or there is none of that name; the text is one sentence."""


def place_of(entry: object) -> str:
    """Where the class of an entry stands: ``"package.module.Class"``."""
    kind = entry if isinstance(entry, type) else type(entry)
    return f"{kind.__module__}.{kind.__qualname__}"


def instance(given: Any) -> Any:
    """What a class makes without arguments; anything but a class as it is."""
    return given() if isinstance(given, type) else given


def lacking(given: object, texts: Sequence[str]) -> list[str]:
    """What a class, or an instance, does not say or do that it must: texts and abstract methods."""
    told = {name: getattr(given, name, None) for name in texts}
    missing = [name for name, text in told.items() if not (isinstance(text, str) and text.strip())]
    return missing + sorted(getattr(given, "__abstractmethods__", ()))


def faults_of(contract: type, texts: Sequence[str]) -> Callable[[object], list[str]]:
    """A check that something is a class, or an instance of one, that fulfils a contract."""

    def faults(given: object) -> list[str]:
        kind = given if isinstance(given, type) else type(given)
        if not issubclass(kind, contract):
            return [f"is no {contract.__name__}"]
        missing = lacking(given, texts)
        return [f"lacks {', '.join(missing)}"] if missing else []

    return faults


class Registry(Generic[E]):
    """Names and what stands behind them.

    Entries have a `name`. The packages are imported, and plug-ins looked for, when a name is asked
    for first; modules inside packages of a package are not imported. `group` is the entry-point
    group under which other packages offer entries. Names match as in a shell: ``names("*-class")``.
    """

    def __init__(
        self,
        what: str,
        group: str,
        packages: Sequence[str] = (),
        *,
        without: Sequence[str] = (),
        entry_of: Callable[[Any], E] = lambda given: given,
        faults: Callable[[Any], Sequence[str]] = lambda entry: (),
        place: Callable[[Any], str] = place_of,
        order: Callable[[E], Any] = lambda entry: entry.name,  # type: ignore[attr-defined]
        error: Callable[[str], AnomalyError] = RegistryError,
        others: str = "",
        chosen_as: str = "",
    ) -> None:
        """`what` is the word for one entry, such as ``"detector"``.

        `without` are modules of the packages that register nothing. `entry_of` makes an entry of
        what is registered. `faults` lists why an entry cannot be used, each a clause that goes on
        after its place. `order` sorts the names. `error` makes the error that a person reads,
        where an entry is called `chosen_as` and the names to choose from end with `others`.
        """
        self.what = what
        self.group = group
        self._packages = packages
        self._without = without
        self._entry_of = entry_of
        self._faults = faults
        self._place = place
        self._order = order
        self._error = error
        self._others = others
        self._chosen_as = chosen_as or what
        self._entries: dict[str, E] = {}
        self._closed = ""
        self._found = False
        self._loading_plugin = False
        self._lock = RLock()

    def register(self, given: R) -> R:
        """Make an entry known by its name; a decorator of classes too, since it returns `given`.

        An entry of the same name from another place is replaced, and a Python warning names both.
        But a plug-in that is being loaded replaces nothing, and nothing replaces what our own
        packages register while they are imported. Raises an error with one sentence for an entry
        that cannot be used or may not take its name.
        """
        if faults := self._faults(given):
            raise self._error(f"The {self.what} {self._place(given)} {'; '.join(faults)}.")
        entry = self._entry_of(given)
        name: str = entry.name  # type: ignore[attr-defined]
        known = self._entries.get(name)
        new_place = self._place(entry)
        if known is None and self._closed:
            raise self._error(f"The {self.what} {name!r} comes too late: {self._closed}.")
        if known is not None and self._place(known) != new_place:
            known_place = self._place(known)
            if self._loading_plugin:
                raise self._error(
                    f"Two {self.what}s are called {name!r}: {known_place}, which stays, and "
                    f"{new_place}, which is left out."
                )
            warnings.warn(
                f"The {self.what} {name!r} was {known_place} and is {new_place} from now on.",
                stacklevel=2,
            )
        self._entries[name] = entry
        return given

    def close(self, reason: str) -> None:
        """Take no further names, for a reason that ends a sentence; known ones may be replaced."""
        self._discover()
        self._closed = reason

    def names(self, pattern: str = "*") -> tuple[str, ...]:
        """The names of all entries, or of those that match a pattern with ``*`` and ``?``."""
        self._discover()
        entries = sorted(self._entries.values(), key=self._order)
        names: Iterator[str] = (entry.name for entry in entries)  # type: ignore[attr-defined]
        return tuple(name for name in names if fnmatchcase(name, pattern))

    def entries(self) -> tuple[E, ...]:
        """All entries, in the order of `names`."""
        return tuple(map(self.get, self.names()))

    def get(self, name: str) -> E:
        """The entry of a name; raises an error that lists the known names when there is none."""
        self._discover()
        try:
            return self._entries[name]
        except KeyError:
            raise self._error(
                f"There is no {self._chosen_as} {name!r}; "
                f"choose from {', '.join(self.names())}{self._others}."
            ) from None

    def __contains__(self, name: object) -> bool:
        self._discover()
        return name in self._entries

    def _discover(self) -> None:
        """Import our own modules, then the plug-ins; one that cannot be used is logged."""
        with self._lock:
            if self._found:
                return
            self._found = True  # at once, since what is imported may ask for names
            try:
                for package in self._packages:
                    self._import_modules(package)
            except BaseException:
                self._found = False
                raise
            for entry in entry_points(group=self.group):
                self._load(entry)

    def _import_modules(self, package: str) -> None:
        paths = importlib.import_module(package).__path__
        for module in pkgutil.iter_modules(paths, f"{package}."):
            if not module.ispkg and module.name not in self._without:
                importlib.import_module(module.name)

    def _load(self, entry: EntryPoint) -> None:
        self._loading_plugin = True
        try:
            self.register(entry.load())
        except (Exception, SystemExit) as error:
            log = logging.getLogger(__name__)
            reason = str(error) if isinstance(error, AnomalyError) else _fault(error)
            log.error("The %s %r was left out: %s", self.what, entry.name, reason)
            log.debug("What happened in %r:", entry.value, exc_info=error)
        finally:
            self._loading_plugin = False


def _fault(error: BaseException) -> str:
    """What went wrong in somebody else's code, in one line."""
    text = " ".join(str(error).split())
    return f"loading it ended with {type(error).__name__}{': ' * bool(text)}{text.rstrip('.')}."
