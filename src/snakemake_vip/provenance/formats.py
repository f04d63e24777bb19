"""Media types by the ends of file names; the same on every machine."""

from __future__ import annotations

from pathlib import PurePosixPath

_UNKNOWN = "application/octet-stream"
_BY_ENDING = {
    ".nii.gz": "application/x-nifti",
    ".nii": "application/x-nifti",
    ".mgz": "application/x-mgz",
    ".mgh": "application/x-mgh",
    ".mnc": "application/x-minc",
    ".dcm": "application/dicom",
    ".tar.gz": "application/gzip",
    ".tgz": "application/gzip",
    ".gz": "application/gzip",
    ".tar": "application/x-tar",
    ".zip": "application/zip",
    ".json": "application/json",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".xml": "application/xml",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".svg": "image/svg+xml",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".html": "text/html",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".log": "text/plain",
    ".md": "text/markdown",
}


def media_type(name: str) -> str:
    """Return the media type of a file by its name."""
    lower = PurePosixPath(name).name.lower()
    fitting = [ending for ending in _BY_ENDING if lower.endswith(ending)]
    return _BY_ENDING[max(fitting, key=len)] if fitting else _UNKNOWN
