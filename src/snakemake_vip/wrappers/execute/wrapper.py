"""Runs a pipeline of VIP as the rule that this wrapper belongs to."""

__author__ = "The snakemake-vip authors"
__license__ = "MIT"

import sys

from snakemake_vip.errors import VipError
from snakemake_vip.rules.execute import execute

try:
    execute(snakemake)  # noqa: F821 # pyright: ignore[reportUndefinedVariable]
except VipError as error:
    sys.exit(str(error))
