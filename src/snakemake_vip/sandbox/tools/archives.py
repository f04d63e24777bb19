"""Archives that are the same byte for byte whenever their content is.

Neither times nor owners nor the order of making get into them, so that runs can be compared.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def gzipped(content: bytes) -> bytes:
    """Return `content` compressed, without name and time in its header."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0, compresslevel=9) as file:
        file.write(content)
    return buffer.getvalue()


def tgz(members: Mapping[str, bytes]) -> bytes:
    """Return a compressed tar archive of `members` (name to content), in the order of names."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(members):
            member = tarfile.TarInfo(name)
            member.size = len(members[name])
            member.mode = 0o644
            archive.addfile(member, io.BytesIO(members[name]))
    return gzipped(buffer.getvalue())
