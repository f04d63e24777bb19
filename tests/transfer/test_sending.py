from __future__ import annotations

import hashlib
import io
import os
from pathlib import PurePosixPath

import pytest

from snakemake_vip.errors import TransferError
from snakemake_vip.transfer.sending import Sending, refuse_if_changed
from snakemake_vip.transfer.tree import LocalFile

GOOD = hashlib.sha256(b"content").hexdigest()


@pytest.mark.parametrize(
    ("content", "read", "spoilt"),
    [
        (b"content", 7, False),
        (b"CONTENT", 7, True),
        (b"CONTENT", 6, False),
        (b"content more", 7, False),
    ],
)
def test_only_what_was_given_out_whole_can_be_spoilt(content, read, spoilt):
    sending = Sending(io.BytesIO(content))
    assert sending.read(3) + sending.read(read - 3) == content[:read]
    assert sending.is_spoilt(7, GOOD) is spoilt


def test_a_file_that_is_as_it_was_found_passes_and_any_other_does_not(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"content")
    stat = path.stat()
    file = LocalFile(path, PurePosixPath("a"), stat.st_size, stat.st_mtime_ns)
    refuse_if_changed(file)
    os.utime(path, (1, 1))
    with pytest.raises(TransferError, match="a changed while it was sent"):
        refuse_if_changed(file)
    path.unlink()
    with pytest.raises(TransferError, match="a cannot be read: No such file"):
        refuse_if_changed(file)
