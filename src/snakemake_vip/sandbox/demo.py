"""A small BIDS dataset of real MR images: those that nibabel carries for its own tests.

Importing this module and asking for the :func:`files` is cheap; only :func:`write` needs nibabel.
"""

from __future__ import annotations

import gzip
import io
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_T1W_1 = "sub-01/anat/sub-01_T1w"
_T1W_2 = "sub-02/anat/sub-02_T1w"
_BOLD_3 = "sub-03/func/sub-03_task-unknown_bold"
_IMAGES = (_T1W_1, _T1W_2, _BOLD_3)

_README = """\
# Demonstration dataset of snakemake-vip

Real MR images, small enough to try a pipeline with in seconds. They are taken from the Python
package nibabel (https://nipy.org/nibabel), which carries them in `nibabel/tests/data` for its own
tests, and are arranged as a BIDS dataset. Who was scanned, where and how is not recorded there.

- sub-01 (`anatomical.nii`): T1-weighted image of the inner brain, a block of 66 x 82 x 50 mm
  around the ventricles in voxels of 2 mm, which SPM brought into a standard space. Skull, scalp
  and most of the cortex lie outside of it.
- sub-02 (`anatomical.nii`, mirrored): not another person but the image of sub-01 with left and
  right exchanged. A control with a known answer: a sound measurement gives both the same volume
  and shows them as mirror images.
- sub-03 (`example4d.nii.gz`): two volumes of an echo-planar series, 24 slices of 2.2 mm through the
  whole width of a head in pixels of 2 mm. What the participant did is not known, hence the task
  `unknown`.

Intensities and positions are those of the sources. Mirroring reversed the order of the voxels along
the first axis, about x = 0, and changed nothing else. The header of `example4d.nii.gz` gives 2000
as the time between volumes and seconds as its unit; it is written as 2 seconds here.

The images are under the licence of nibabel, see the file LICENSE. They are for demonstration and
tests, not for any statement about a brain.
"""

_LICENSE = """\
The images of this dataset are part of nibabel, which is distributed under the MIT licence:

Copyright (c) 2009-2019 Matthew Brett <matthew.brett@gmail.com>
Copyright (c) 2010-2013 Stephan Gerhard <git@unidesign.ch>
Copyright (c) 2006-2014 Michael Hanke <michael.hanke@gmail.com>
Copyright (c) 2011 Christian Haselgrove <christian.haselgrove@umassmed.edu>
Copyright (c) 2010-2011 Jarrod Millman <jarrod.millman@gmail.com>
Copyright (c) 2011-2019 Yaroslav Halchenko <debian@onerussian.com>
Copyright (c) 2015-2019 Chris Markiewicz <effigies@gmail.com>

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in
all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
THE SOFTWARE.
"""

_DESCRIPTION = {
    "Name": "Demonstration dataset of snakemake-vip",
    "BIDSVersion": "1.9.0",
    "DatasetType": "raw",
    "License": "MIT",
    "Authors": ["The developers of nibabel"],
    "Acknowledgements": "The images are test data of nibabel.",
    "HowToAcknowledge": "Please cite nibabel: https://doi.org/10.5281/zenodo.591597",
    "ReferencesAndLinks": ["https://nipy.org/nibabel"],
    "SourceDatasets": [{"URL": "https://github.com/nipy/nibabel"}],
    "GeneratedBy": [
        {
            "Name": "snakemake-vip demo-data",
            "Description": "Arranged test data of nibabel as a BIDS dataset; sub-02 is sub-01 "
            "mirrored left to right",
        }
    ],
}

_PARTICIPANTS = """\
participant_id\tsource_file\tderived_from\ttransformation
sub-01\tanatomical.nii\tn/a\tn/a
sub-02\tanatomical.nii\tsub-01\tmirrored left to right
sub-03\texample4d.nii.gz\tn/a\tn/a
"""

_PARTICIPANTS_COLUMNS = {
    "source_file": {"Description": "File in nibabel/tests/data that the image was taken from"},
    "derived_from": {"Description": "Participant whose image it is, if it is not one of its own"},
    "transformation": {"Description": "What was done to that image"},
}

_SIDECARS: dict[str, dict[str, Any]] = {
    _T1W_1: {
        "Modality": "MR",
        "Description": "T1-weighted image of the inner brain, in a standard space (SPM)",
    },
    _T1W_2: {
        "Modality": "MR",
        "Description": "The image of sub-01, mirrored left to right: a control, no other person",
        "Sources": [f"bids::{_T1W_1}.nii.gz"],
    },
    _BOLD_3: {
        "Modality": "MR",
        "TaskName": "unknown",
        "TaskDescription": "What the participant did is not recorded with the source",
        "RepetitionTime": 2.0,
        "Description": "Two volumes of an echo-planar series",
    },
}

_TEXTS = {
    "LICENSE": _LICENSE,
    "README.md": _README,
    "dataset_description.json": _DESCRIPTION,
    "participants.json": _PARTICIPANTS_COLUMNS,
    "participants.tsv": _PARTICIPANTS,
}


def files(folder: Path | str) -> list[Path]:
    """Return the files that :func:`write` makes, sorted, without making them.

    Parameters
    ----------
    folder
        Of the dataset.
    """
    places = [*_TEXTS, *(image + end for image in _IMAGES for end in (".json", ".nii.gz"))]
    return [Path(folder, place) for place in sorted(places)]


def write(folder: Path | str) -> list[Path]:
    """Write the dataset. A file that has its content already is not touched.

    Parameters
    ----------
    folder
        Where to; made if it is missing.

    Returns
    -------
    list of Path
        All files of the dataset, whether they had to be written or not.

    Raises
    ------
    FileNotFoundError
        If nibabel was installed without its test data.
    """
    contents = _contents()
    paths = files(folder)
    for path in paths:
        _put(path, contents[path.relative_to(folder).as_posix()])
    return paths


def _put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _contents() -> Mapping[str, bytes]:
    """Return the content of each file, by its place in the dataset."""
    texts = {
        place: text.encode() if isinstance(text, str) else _json(text)
        for place, text in _TEXTS.items()
    }
    sidecars = {f"{image}.json": _json(_SIDECARS[image]) for image in _IMAGES}
    anatomy, series = _source("anatomical.nii"), _source("example4d.nii.gz")
    voxels = _voxels(anatomy)
    images = {
        f"{_T1W_1}.nii.gz": _nifti(voxels, anatomy),
        f"{_T1W_2}.nii.gz": _nifti(voxels[::-1], anatomy),
        f"{_BOLD_3}.nii.gz": _nifti(_voxels(series), series, _SIDECARS[_BOLD_3]["RepetitionTime"]),
    }
    return texts | sidecars | images


def _source(name: str) -> Any:
    """Return an image of nibabel's test data."""
    import nibabel

    path = Path(nibabel.__file__).parent / "tests" / "data" / name
    if not path.is_file():
        msg = f"{path} is missing: this nibabel was installed without its test data"
        raise FileNotFoundError(msg)
    return nibabel.load(path)  # pyright: ignore[reportUnknownMemberType, reportPrivateImportUsage, reportUnknownVariableType]


def _voxels(image: Any) -> Any:
    import numpy as np

    return np.asarray(image.dataobj).astype(np.int16)


def _nifti(voxels: Any, source: Any, repetition_time: float | None = None) -> bytes:
    """Return the bytes of an image in the space of `source`; `repetition_time` in seconds."""
    import nibabel

    image: Any = nibabel.Nifti1Image(voxels, source.affine)  # pyright: ignore[reportPrivateImportUsage]
    image.set_sform(source.affine, code=int(source.header["sform_code"]))
    image.set_qform(source.affine, code=int(source.header["qform_code"]))
    image.header.set_xyzt_units("mm", "sec")
    if repetition_time is not None:
        image.header["pixdim"][4] = repetition_time
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0, compresslevel=9) as file:
        file.write(image.to_bytes())
    return buffer.getvalue()


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
