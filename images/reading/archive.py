"""ZIP archives: their files, without writing any of them to disk.

What an archive says of itself is not trusted: names that lead out of it, links, encrypted entries
and archives inside it are not used, and what would unpack to more than the limits is refused.
"""

import io
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import IO

from images.dataset import Finding
from images.errors import ImageError, shown
from images.reading import limits
from images.reading.files import File, Files, encodable, in_order, not_used
from images.roles.naming import is_system_name

ENCRYPTED = 0x1
"""Bit of an entry's flags."""
END = struct.Struct("<4s4H2LH")
"""The record at the end: signature, disks, counts, size and place of the directory, comment."""
END_64 = struct.Struct("<4sQ2H2L4Q")
"""The same in a large archive: signature, length, versions, disks, counts, size and place."""
LOCATOR_64 = struct.Struct("<4sLQL")
"""What stands between the two."""
LONGEST_COMMENT = 2**16
ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz")
UTF_8 = 0x800
"""Bit of an entry's flags: its name is UTF-8."""
UNICODE_PATH = 0x7075
"""Extra field of an entry: its name in UTF-8, by Info-ZIP."""
DRIVE = re.compile("[A-Za-z]:")
EAST_ASIAN = ("cp932", "gbk")
"""Encodings of names that Windows writes in Japan and China, in which a byte of a letter may be
that of a backslash."""
LETTER = re.compile("[\\u3040-\\u30ff\\u4e00-\\u9fff]")
LETTERS = re.compile(f"{LETTER.pattern}{{2}}")
"""Kana or Chinese characters; of two in a row, no name in Latin letters is likely to be made."""
HALF_WIDTH = re.compile("[\\uff61-\\uff9f]")
"""What Chinese becomes when it is read as Japanese."""
READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The two that programs write unasked, and the only two that can be unpacked within bounds."""


class Entry(File):
    """A file of an archive."""

    def __init__(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> None:
        super().__init__(name, entry.file_size)
        self._archive = archive
        self._entry = entry

    @property
    def written(self) -> datetime:
        """When the file was last written, in whatever time zone that was; 1980 if unknown."""
        try:
            return datetime(*self._entry.date_time)
        except ValueError:
            return datetime(1980, 1, 1)

    def again(self) -> "Entry":
        """The same file, of which nothing has been looked at."""
        return Entry(self._archive, self._entry, self.name)

    def open(self) -> IO[bytes]:
        try:
            with self._archive.open(self._entry) as packed:
                # Asking for one byte more than there should be ends in the check of the checksum,
                # without unpacking what an entry holds beyond the size that it gives.
                return io.BytesIO(packed.read(self.size + 1))
        except Exception as error:  # zipfile and its decompressors raise anything
            raise ImageError(self.name, f"cannot be unpacked: {shown(str(error))}") from error


def is_archive(begin: bytes) -> bool:
    """Whether a file with these first bytes is meant as a ZIP archive, perhaps an empty one."""
    return begin[:4] in (b"PK\3\4", b"PK\5\6")


def zip_files(archive: str | os.PathLike[str] | bytes | IO[bytes], name: str = "") -> Files:
    """The files of an archive, given by its path, its bytes or an open file that stays open.

    Raises `ImageError` when it is not a ZIP archive or over the limits.
    """
    if isinstance(archive, bytes):
        archive = io.BytesIO(archive)
    if isinstance(archive, str | os.PathLike):
        name = name or Path(archive).name
        try:
            archive = Path(archive).open("rb")  # noqa: SIM115  (stays open with the files)
        except OSError as error:
            raise ImageError(name, f"cannot be opened: {error.strerror}") from error
    name = name or "the archive"
    _check_directory(archive, name)
    try:
        opened = zipfile.ZipFile(archive)
    except Exception as error:  # a damaged directory raises anything
        raise ImageError(name, "is not a valid ZIP archive") from error
    _check_total(opened.infolist(), name)
    found: list[File] = []
    refused: list[Finding] = []
    for entry, given in zip(opened.infolist(), _names(opened.infolist()), strict=True):
        plain = encodable("/".join(part for part in given.split("/") if part != "."))
        if plain.endswith("/"):
            continue  # a folder
        reason = _refusal(entry, plain)
        if reason:
            refused.append(not_used(plain, reason))
        else:
            found.append(Entry(opened, entry, plain))
    return in_order(Path(name).stem, found, refused)


def _check_directory(archive: IO[bytes], name: str) -> None:
    """Raise `ImageError` before a directory that is too long is read into memory."""
    size = archive.seek(0, os.SEEK_END)
    archive.seek(max(0, size - LONGEST_COMMENT - END.size - END_64.size - LOCATOR_64.size))
    tail = archive.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < END.size:
        raise ImageError(name, "is not a ZIP archive")
    *_, entries, directory, _, _ = END.unpack_from(tail, at)
    at_64 = at - LOCATOR_64.size - END_64.size
    if at_64 >= 0 and tail[at_64 : at_64 + 4] == b"PK\6\6":
        *_, entries, directory, _ = END_64.unpack_from(tail, at_64)
    if entries > limits.ENTRIES:
        raise ImageError(name, f"holds {entries:,} files; the limit is {limits.ENTRIES:,} files")
    if directory > limits.DIRECTORY_BYTES:
        raise ImageError(
            name,
            f"has a directory of {directory:,} bytes; the limit is "
            f"{limits.DIRECTORY_BYTES:,} bytes",
        )


def _check_total(entries: list[zipfile.ZipInfo], name: str) -> None:
    if len(entries) > limits.ENTRIES:
        raise ImageError(
            name, f"holds {len(entries):,} files; the limit is {limits.ENTRIES:,} files"
        )
    total = sum(entry.file_size for entry in entries)
    if total > limits.ARCHIVE_BYTES:
        raise ImageError(
            name,
            f"unpacks to {total:,} bytes; the limit is {limits.ARCHIVE_BYTES:,} bytes",
        )


def _names(entries: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The names of entries, with ``/`` between folders.

    Without a flag that they are UTF-8, names should be in the code page of the first PCs. macOS
    writes UTF-8 all the same, and Windows what it is set to: what can be UTF-8, or is hardly
    anything but Japanese or Chinese, is read so.
    """
    stored = [entry.orig_filename.partition("\0")[0] for entry in entries]
    flagged = [bool(entry.flag_bits & UTF_8) for entry in entries]
    raw = [name.encode("cp437") for name, utf_8 in zip(stored, flagged, strict=True) if not utf_8]
    encoding = _encoding(raw)
    names = []
    for entry, name, utf_8 in zip(entries, stored, flagged, strict=True):
        if not utf_8:
            name = _unicode_path(entry) or name.encode("cp437").decode(encoding)
        names.append(name.replace("\\", "/"))
    return names


def _encoding(names: Sequence[bytes]) -> str:
    """The encoding of names without a flag."""
    for encoding in ("utf-8", *EAST_ASIAN):
        try:
            decoded = [name.decode(encoding) for name in names]
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8":
            return encoding
        with_backslash = (text for name, text in zip(names, decoded, strict=True) if b"\\" in name)
        sure = any(map(LETTERS.search, decoded)) or any(
            "\\" not in text and LETTER.search(text) for text in with_backslash
        )
        if sure and not any(map(HALF_WIDTH.search, decoded)):
            return encoding
    return "cp437"


def _unicode_path(entry: zipfile.ZipInfo) -> str | None:
    """The name that an entry has in UTF-8 beside the one without a flag, if it is of that name."""
    extra = entry.extra
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        data, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == UNICODE_PATH and len(data) > 5 and data[0] == 1:
            checksum = zlib.crc32(entry.orig_filename.encode("cp437"))
            if struct.unpack_from("<L", data, 1)[0] == checksum:
                return data[5:].decode("utf-8", "replace")
    return None


def _refusal(entry: zipfile.ZipInfo, name: str) -> str | None:
    """Why an entry is not used, or None."""
    parts = name.split("/")
    if any(is_system_name(part) for part in parts if part != ".."):
        return "is a hidden or system file"
    if parts[0] == "" or DRIVE.fullmatch(parts[0]) or any(part in ("", "..") for part in parts):
        return "has a path outside the archive; expected a path such as train/good/1.png"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a link; expected a file"
    if entry.flag_bits & ENCRYPTED:
        return "is encrypted; expected an archive without a password"
    if name.lower().endswith(ARCHIVES):
        return "is an archive inside an archive; expected images"
    if entry.compress_type not in READABLE:
        return "uses an unsupported compression method; expected an ordinary ZIP archive"
    if entry.file_size > limits.RATIO_FROM:
        ratio = entry.file_size / max(1, entry.compress_size)
        if ratio > limits.RATIO:
            return f"unpacks to {ratio:,.0f} times its size; the limit is {limits.RATIO:,} times"
    return None
