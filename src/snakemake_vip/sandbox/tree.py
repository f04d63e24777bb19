"""The paths of VIP, ``/vip/Home/...``, and the folders of this machine behind them."""

from __future__ import annotations

import mimetypes
import os
import shutil
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snakemake_vip.sandbox.answers import RefusedError
from snakemake_vip.sandbox.names import cleaned

if TYPE_CHECKING:
    from pathlib import Path

    from snakemake_vip.sandbox.state import StateFolder

ROOT = "/vip"
GROUP = "Sandbox"
"""The one group of the sandbox's user."""

_GROUP_FOLDER = f"{GROUP} (group)"
_FORBIDDEN = 8013
_LONGEST_NAME = 255


@dataclass(frozen=True)
class Place:
    """A path on VIP and what is behind it.

    Attributes
    ----------
    path
        The path as the client wrote it, without a trailing slash.
    real
        The file or folder behind it; none for ``/vip`` itself.
    """

    path: str
    real: Path | None

    @property
    def file(self) -> Path:
        """What is behind it, where ``/vip`` itself is not allowed (8013)."""
        if self.real is None:
            raise RefusedError(_FORBIDDEN, self.path)
        return self.real


class Tree:
    """The files of a sandbox as VIP shows them.

    Parameters
    ----------
    state
        The folder of the sandbox.
    """

    def __init__(self, state: StateFolder) -> None:
        self._incoming = state.incoming
        self._roots = {
            "Home": state.home,
            "Trash": state.trash,
            _GROUP_FOLDER: state.groups / GROUP,
        }
        for folder in self._roots.values():
            folder.mkdir(parents=True, exist_ok=True)

    def place(self, path: str) -> Place:
        """Return what `path` means.

        Raises
        ------
        RefusedError
            8013 for anything that is not the user's own or their group's.
        """
        if path == ROOT:
            return Place(ROOT, None)
        vip, root, *below = [*(part for part in path.split("/") if part), "", ""]
        if vip != "vip" or root not in self._roots or ".." in below:
            raise RefusedError(_FORBIDDEN, path)
        if any("\0" in part or len(part.encode()) > _LONGEST_NAME for part in below):
            raise RefusedError(reason=f"no storage has such a name: {path}")
        real = self._roots[root].joinpath(*below)
        return Place(path.rstrip("/"), real)

    def writable(self, path: str) -> Place:
        """Return what `path` means where it is to be written or deleted: below a root (8013)."""
        place = self.place(path)
        if place.real is None or place.real in self._roots.values():
            raise RefusedError(_FORBIDDEN, path)
        return place

    def target(self, path: str) -> Place:
        """Return where an upload to `path` is stored: its name cleaned, its parent there."""
        place = self.writable(path)
        name = cleaned(place.file.name)
        if not name or name in {".", ".."}:
            raise RefusedError(reason=f"nothing is left of the name of {path}")
        if "/" in name or len(name) > _LONGEST_NAME:
            raise RefusedError(reason=f"no storage has such a name: {name}")
        if not place.file.parent.is_dir():
            raise RefusedError(reason=f"the parent of {path} does not exist")
        return Place(place.path, place.file.parent / name)

    def exists(self, path: str) -> bool:
        """Whether there is something at `path`."""
        real = self.place(path).real
        return real is None or real.exists()

    def properties(self, path: str) -> dict[str, Any]:
        """Return the ``Path`` object of `path`; of a missing one too."""
        place = self.place(path)
        if place.real is None:
            return _entry(path, is_directory=True, size=len(self._roots))
        if not place.real.exists():
            return _entry(path, is_directory=None, exists=False)
        if place.real.is_dir():
            date = int(place.real.stat().st_mtime)
            with os.scandir(place.real) as entries:
                count = sum(1 for _ in entries)
            return _entry(path, is_directory=True, size=count, date=date)
        return _entry(path, is_directory=False, size=place.real.stat().st_size)

    def listing(self, path: str) -> list[dict[str, Any]]:
        """Return the ``Path`` objects one level below `path`; 8000 where it is no directory."""
        place = self.place(path)
        if place.real is None:
            return [_entry(f"{ROOT}/{name}", is_directory=True) for name in self._roots]
        if not place.real.is_dir():
            raise RefusedError(reason=f"{path} is not a directory")
        with os.scandir(place.real) as entries:
            return [
                _entry(f"{path}/{entry.name}", is_directory=True, size=0)
                if entry.is_dir()
                else _entry(f"{path}/{entry.name}", is_directory=False, size=entry.stat().st_size)
                for entry in sorted(entries, key=lambda entry: entry.name)
            ]

    def make_directory(self, path: str) -> None:
        """Make the directory `path`; one that is there already is fine, a file is not (8000)."""
        target = self.target(path).file
        try:
            target.mkdir(exist_ok=True)
        except FileExistsError as error:
            raise RefusedError(reason=f"{path} is a file") from error

    def draft(self) -> Path:
        """Return the name of a new file for content that is not complete."""
        return self._incoming / uuid.uuid4().hex

    def settle(self, draft: Path, path: str) -> None:
        """Give a complete `draft` its place; 8000 where the place is taken: VIP never overwrites.

        The draft is gone afterwards in any case.
        """
        try:
            os.link(draft, self.target(path).file)
        except FileExistsError as error:
            raise RefusedError(reason=f"{path} exists already") from error
        finally:
            draft.unlink(missing_ok=True)

    def remove(self, real: Path) -> None:
        """Delete a file or a whole directory; for everybody else it is gone at once."""
        doomed = self.draft()
        try:
            real.rename(doomed)
        except FileNotFoundError:
            return
        if doomed.is_dir() and not doomed.is_symlink():
            shutil.rmtree(doomed)
        else:
            doomed.unlink()

    def sweep(self) -> None:
        """Delete what an earlier server left half done."""
        for path in self._incoming.iterdir():
            self.remove(path)


def _entry(
    path: str,
    *,
    is_directory: bool | None,
    exists: bool = True,
    size: int | None = None,
    date: int | None = None,
) -> dict[str, Any]:
    """Return a ``Path`` object in VIP's order of keys. Files have no date: VIP fails to read it."""
    mime = None
    if is_directory is not None:
        guessed = mimetypes.guess_type(path)[0] or "application/octet-stream"
        mime = "text/directory" if is_directory else guessed
    return {
        "path": path,
        "lastModificationDate": date,
        "isDirectory": is_directory,
        "exists": exists,
        "size": size,
        "executionId": None,
        "mimeType": mime,
    }
