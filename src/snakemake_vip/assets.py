"""Where the packaged workflow, profiles and schemas are.

A wheel carries them inside the package; an editable install finds them at the root of the checkout.
"""

from __future__ import annotations

from pathlib import Path

from snakemake_vip.errors import UsageError

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parents[1]


def _root() -> Path:
    packaged = (_PACKAGE / "workflow" / "Snakefile").is_file()
    return _PACKAGE if packaged else _CHECKOUT


def snakefile() -> str:
    """Return the path of the packaged Snakefile, for ``module: snakefile:`` and ``snakemake -s``.

    Returns
    -------
    str
        An absolute path.
    """
    return str(_root() / "workflow" / "Snakefile")


def schema(name: str = "config") -> Path:
    """Return the path of a packaged JSON schema."""
    return _root() / "workflow" / "schemas" / f"{name}.schema.yaml"


def profiles() -> tuple[str, ...]:
    """Return the names of the packaged profiles."""
    return tuple(sorted(path.parent.name for path in (_root() / "profiles").glob("*/config.yaml")))


def profile(name: str = "vip") -> str:
    """Return the path of a packaged profile, for ``snakemake --profile``.

    Parameters
    ----------
    name
        ``vip``, or ``sandbox`` for the demonstration on the local VIP.

    Returns
    -------
    str
        An absolute path of a folder.

    Raises
    ------
    UsageError
        If there is no such profile.
    """
    folder = _root() / "profiles" / name
    if not (folder / "config.yaml").is_file():
        what = f"there is no profile {name!r}"
        raise UsageError(what, f"The profiles are: {', '.join(profiles())}.")
    return str(folder)


def wrapper(name: str = "execute") -> str:
    """Return the address of a packaged wrapper, for ``wrapper:`` of a rule.

    Parameters
    ----------
    name
        ``execute``: runs the pipeline that the rule's ``params`` name.

    Returns
    -------
    str
        ``file:///...``, absolute: Snakemake takes a relative one from the working directory.

    Raises
    ------
    UsageError
        If there is no such wrapper.
    """
    folder = _PACKAGE / "wrappers" / name
    if not (folder / "wrapper.py").is_file():
        there = sorted(path.parent.name for path in folder.parent.glob("*/wrapper.py"))
        what = f"there is no wrapper {name!r}"
        raise UsageError(what, f"The wrappers are: {', '.join(there)}.")
    return f"file://{folder}"
