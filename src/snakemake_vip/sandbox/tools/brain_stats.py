"""Brain mask, volume and intensity statistics of one image: the pipeline ``BrainStats``.

Called as ``python -m snakemake_vip.sandbox.tools.brain_stats IMAGE LABEL [--threshold F]
--output FILE``.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from snakemake_vip.sandbox.tools.archives import tgz
from snakemake_vip.sandbox.tools.failures import ToolError, exit_code
from snakemake_vip.sandbox.tools.images import mask_file, read_volume
from snakemake_vip.sandbox.tools.masks import brain_mask
from snakemake_vip.sandbox.tools.pictures import qc_picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snakemake_vip.sandbox.tools.images import Volume
    from snakemake_vip.sandbox.tools.masks import BrainMask


class ParameterFault(IntEnum):
    """What is wrong with a parameter that is no image, as exit codes."""

    BAD_LABEL = 15
    BAD_THRESHOLD = 16


COLUMNS: dict[str, dict[str, Any]] = {
    "label": {"Description": "Label of the image, as it was given"},
    "voxels": {"Description": "Number of voxels in the brain mask"},
    "volume_mm3": {"Description": "Volume of the brain mask", "Units": "mm^3"},
    "mean": {"Description": "Mean intensity in the mask", "Units": "arbitrary"},
    "sd": {
        "Description": "Standard deviation (of the population) of intensity in the mask",
        "Units": "arbitrary",
    },
    "median": {"Description": "Median intensity in the mask", "Units": "arbitrary"},
    "min": {"Description": "Least intensity in the mask", "Units": "arbitrary"},
    "p05": {"Description": "5th percentile of intensity in the mask", "Units": "arbitrary"},
    "p95": {"Description": "95th percentile of intensity in the mask", "Units": "arbitrary"},
    "max": {"Description": "Greatest intensity in the mask", "Units": "arbitrary"},
    "threshold": {
        "Description": "Intensity that the smoothed image had to exceed",
        "Units": "arbitrary",
    },
    "method": {
        "Description": "How the threshold was found",
        "Levels": {
            "automatic": "Half way from dark to the median of what is bright by Otsu's method",
            "fraction": "As the given fraction of the robust range (2nd to 98th percentile)",
        },
    },
    "timepoints": {"Description": "Number of volumes that the image is the mean of"},
}
"""Columns of ``volumes.tsv`` and what ``volumes.json`` says of them (BIDS, tabular files)."""


def statistics(label: str, volume: Volume, mask: BrainMask) -> dict[str, str]:
    """Return a row of the table: column to text.

    Parameters
    ----------
    label
        Its first cell.
    volume, mask
        An image and where its brain is.
    """
    values = volume.voxels[mask.voxels].astype(np.float64)
    p05, median, p95 = np.percentile(values, (5, 50, 95))
    numbers = {
        "mean": values.mean(),
        "sd": values.std(),
        "median": median,
        "min": values.min(),
        "p05": p05,
        "p95": p95,
        "max": values.max(),
        "threshold": mask.threshold,
    }
    row = {name: f"{number:.6g}" for name, number in numbers.items()}
    row |= {
        "label": label,
        "voxels": str(len(values)),
        "volume_mm3": f"{len(values) * volume.voxel_mm3:.1f}",
        "method": mask.method,
        "timepoints": str(volume.timepoints),
    }
    return {name: row[name] for name in COLUMNS}


def results(image: Path, label: str, fraction: float | None) -> bytes:
    """Return the archive of results.

    Parameters
    ----------
    image
        What to look at.
    label
        Its name in the table and the picture.
    fraction
        The threshold, from 0 to 1, or none for the automatic one.

    Raises
    ------
    ToolError
        If the image or a parameter is of no use.
    """
    if not re.fullmatch(r"[^/\x00-\x1f\x7f]+", label) or label in {".", ".."}:
        raise ToolError(ParameterFault.BAD_LABEL, f"the label {label!r} cannot name a file")
    if fraction is not None and not (math.isfinite(fraction) and 0 <= fraction <= 1):
        msg = f"the threshold {fraction:g} is not a fraction from 0 to 1"
        raise ToolError(ParameterFault.BAD_THRESHOLD, msg)
    volume = read_volume(image)
    mask = brain_mask(volume, fraction)
    row = statistics(label, volume, mask)
    table = "\t".join(row) + "\n" + "\t".join(row.values()) + "\n"
    return tgz(
        {
            "mask.nii.gz": mask_file(volume, mask.voxels),
            "volumes.tsv": table.encode(),
            "volumes.json": (json.dumps(COLUMNS, indent=2) + "\n").encode(),
            "qc.png": qc_picture(volume, mask, label),
        }
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(prog="brain_stats", description=__doc__, allow_abbrev=False)
    parser.add_argument("image", type=Path, help="NIfTI image, 3D or 4D")
    parser.add_argument("label", help="name of the image in the table and the picture")
    parser.add_argument("--threshold", type=float, help="fraction of the robust range, 0 to 1")
    parser.add_argument("--output", type=Path, required=True, help="archive to write (.tgz)")
    given = parser.parse_args(arguments)
    if not given.output.parent.is_dir():
        parser.error(f"there is no folder {given.output.parent} for the output")

    def tool() -> None:
        given.output.write_bytes(results(given.image, given.label, given.threshold))

    return exit_code("brain_stats", tool)


if __name__ == "__main__":
    sys.exit(main())
