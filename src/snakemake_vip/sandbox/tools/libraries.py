"""Libraries that say nothing of their types, as ``Any``: what uses them can be checked."""

from __future__ import annotations

from typing import Any

import nibabel
import scipy.ndimage  # pyright: ignore[reportMissingTypeStubs]

nib: Any = nibabel
ndimage: Any = scipy.ndimage
