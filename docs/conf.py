"""The documentation as a site: ``sphinx-build -W docs build/docs``."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

from snakemake_vip import __version__  # noqa: E402

project = "snakemake-vip"
author = "The snakemake-vip authors"
release = version = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_click",
    "schema_page",
]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_ext", "plugins/*/*"]  # the pages of the plugin catalog, included by ours

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_typehints = "description"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"snakemake-vip {release}"
html_static_path: list[str] = []

# Options begin with two hyphens, also where a help text names them.
smartquotes_action = "q"
