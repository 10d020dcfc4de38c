"""The data set that a command line names, with the roles, fixes and regions that it gives."""

import argparse
from collections.abc import Callable, Sequence

from evaluation.arguments import ArgumentError
from evaluation.comparison.region import counted_pixels, read_ignored, read_region, restrict
from evaluation.roles import placed_roles
from images.dataset import DataSet
from images.layouts.registry import SeveralSetsError
from images.masks.mask_file import OFFERS, REMEDIES, Remedy
from images.open import find_files
from images.roles.understanding import listed_folders, understand
from images.samples.catalogue import load_sample, samples

Tell = Callable[[str], None]
"""Takes a sentence for the person."""


def given_data(options: argparse.Namespace) -> DataSet:
    """The data set in DATA or the sample that was named. Raises `ArgumentError`, `ImageError`."""
    if (options.data is None) == (options.samples is None):
        raise ArgumentError("Give either DATA, a folder or ZIP archive, or --samples NAME.")
    if options.data is not None:
        return _read_data(options)
    for name in ("layout", "part", "role"):
        if getattr(options, name):
            raise ArgumentError(f"--{name} applies to DATA only, not to a sample.")
    if options.samples not in samples():
        raise ArgumentError(
            f"There is no sample {options.samples!r}; choose from {', '.join(samples())}."
        )
    return load_sample(options.samples)


def _read_data(options: argparse.Namespace) -> DataSet:
    """The data set in DATA, its pixels looked at once it is clear what it holds."""
    files = find_files(options.data)
    roles = placed_roles(files, options.role, lambda place, role: f"--role {place}={role}")

    def read() -> DataSet:
        try:
            return understand(
                files, roles, options.fix_masks, layout=options.layout, part=options.part
            )
        except SeveralSetsError as error:
            raise ArgumentError(
                f"{str(error).removesuffix('.')}, so choose one, such as --part {error.sets[0]}, "
                "or run all of them with --suite."
            ) from None

    data = read()
    if data.undecided:
        raise ArgumentError(
            f"The role of {listed_folders(data.undecided)} in {data.name} is unknown; set it, "
            f"for example with --role '{data.undecided[0]}=normal' or --role "
            f"'{data.undecided[-1]}=not-used'{_or_classes(data)}."
        )
    files.check(part=options.part)
    return read()


def _or_classes(data: DataSet) -> str:
    """How several folders are said to be known classes."""
    several = len(data.undecided) > 1
    return ", or --layout known-classes if each is a class of normal images" if several else ""


def restricted(data: DataSet, options: argparse.Namespace, tell: Tell) -> DataSet:
    """The data set with `--region` and `--ignore`; raises `ImageError` before anything runs."""
    fixes = options.fix_masks
    region = read_region(options.region, fixes, tell) if options.region else None
    ignored = read_ignored(options.ignore, data, fixes, tell) if options.ignore else {}
    data = restrict(data, region=region, ignored=ignored)
    for picture in (*data.normal, *data.test):
        if picture.name in ignored:
            counted_pixels(picture)
    return data


def tell_remedies(data: DataSet, taken: Sequence[Remedy], tell: Tell) -> None:
    """Name the options that would fix masks that look wrong."""
    for remedy in REMEDIES:
        count = sum(remedy in finding.remedies for finding in data.findings)
        if count and remedy not in taken:
            tell(f"--fix-masks {remedy} {OFFERS[remedy]} ({count} of the masks).")
