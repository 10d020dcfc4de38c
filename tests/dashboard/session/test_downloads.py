"""Files that cannot be made say why."""

import pytest

from dashboard.session.downloads import Downloads
from evaluation.comparison.storage import WriteError


def test_the_reason_of_the_latest_file_is_kept() -> None:
    def fail() -> bytes:
        raise WriteError("scores.csv could not be written: the disk is full.")

    downloads = Downloads()
    with pytest.raises(WriteError):
        downloads.of(fail)()
    assert downloads.trouble == (
        "The file could not be made. scores.csv could not be written: the disk is full."
    )
    assert downloads.of(lambda: b"whole")() == b"whole"
    assert downloads.trouble == ""
