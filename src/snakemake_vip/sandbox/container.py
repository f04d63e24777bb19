"""Running a command in the container that a descriptor names, where this machine can."""

from __future__ import annotations

import functools
import os
import shlex
import shutil
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PATIENCE = 10
"""Seconds that a container runtime has to answer."""

_FRESH = 60
"""Seconds for which its answer counts."""


class NoContainerError(Exception):
    """No container runtime works here."""


@dataclass(frozen=True)
class Container:
    """How to run a command in a container.

    Attributes
    ----------
    arguments
        The words before the command itself.
    name
        The container's name where it must be removed by name, else empty.
    """

    arguments: tuple[str, ...]
    name: str = ""

    def remove(self) -> None:
        """Remove what may still run: the end of the client does not end the container."""
        if self.name:
            subprocess.run(
                ["docker", "rm", "--force", self.name],  # noqa: S607
                check=False,
                capture_output=True,
                timeout=_PATIENCE,
            )


def container_for(
    descriptor: Mapping[str, Any], work: Path, name: str, environment: Mapping[str, str]
) -> Container | None:
    """Return the container of `descriptor` (``container-image``), none where it names none.

    Parameters
    ----------
    descriptor
        The Boutiques descriptor.
    work
        The job's working directory; the container sees it under the same path.
    name
        A name for the container.
    environment
        Variables to set inside.

    Raises
    ------
    NoContainerError
        If neither Docker nor Apptainer (Singularity) works here.
    """
    image: Mapping[str, Any] | None = descriptor.get("container-image")
    if not image:
        return None
    runtime = working_runtime(int(time.monotonic() // _FRESH))
    if runtime is None:
        msg = (
            f"the pipeline runs in the container image {image.get('image') or image.get('url')},"
            " and neither Docker nor Apptainer (Singularity) works on this machine:"
            " start or install one of them"
        )
        raise NoContainerError(msg)
    shell = descriptor.get("shell", "/bin/sh")
    if runtime == "docker":
        return Container(tuple(_docker(image, work, name, shell, environment)), name)
    return Container(tuple(_apptainer(runtime, image, work, shell, environment)))


@functools.lru_cache(maxsize=1)
def working_runtime(_period: int) -> str | None:
    """Return the container runtime that works: ``docker``, ``apptainer``, ``singularity``."""
    probes = {
        "docker": ["docker", "version", "--format", "{{.Server.Version}}"],
        "apptainer": ["apptainer", "--version"],
        "singularity": ["singularity", "--version"],
    }
    return next((runtime for runtime, probe in probes.items() if _works(probe)), None)


def _works(probe: list[str]) -> bool:
    if shutil.which(probe[0]) is None:
        return False
    try:
        return (
            subprocess.run(probe, check=False, capture_output=True, timeout=_PATIENCE).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def _docker(
    image: Mapping[str, Any], work: Path, name: str, shell: str, environment: Mapping[str, str]
) -> list[str]:
    words = ["docker", "run", "--rm", "--name", name, "--volume", f"{work}:{work}"]
    words += ["--workdir", str(image.get("working-directory", work))]
    words += ["--user", f"{os.getuid()}:{os.getgid()}", "--env", f"HOME={work}"]
    words += [f"--env={key}={value}" for key, value in environment.items()]
    words += list(image.get("container-opts", ()))
    entry = [] if image.get("entrypoint") else ["--entrypoint", shell]
    return [*words, *entry, _docker_name(image), *([] if image.get("entrypoint") else ["-c"])]


def _docker_name(image: Mapping[str, Any]) -> str:
    index = str(image.get("index", "")).removeprefix("docker://").rstrip("/")
    name = str(image["image"]).removeprefix("docker://")
    return f"{index}/{name}" if index and not index.startswith("http") else name


def _apptainer(
    runtime: str,
    image: Mapping[str, Any],
    work: Path,
    shell: str,
    environment: Mapping[str, str],
) -> list[str]:
    source = str(image["image"])
    if image.get("type") == "docker":
        source = f"docker://{_docker_name(image)}"
    elif "://" not in source and "index" in image:
        source = f"{str(image['index']).rstrip('/')}/{source}"
    verb = "run" if image.get("entrypoint") else "exec"
    words = [runtime, verb, "--cleanenv", "--bind", f"{work}:{work}"]
    words += ["--pwd", str(image.get("working-directory", work))]
    words += [f"--env={key}={value}" for key, value in environment.items()]
    words += list(image.get("container-opts", ()))
    return [*words, source, *([] if image.get("entrypoint") else [shell, "-c"])]


def script(command: str, container: Container | None, *, entrypoint: bool = False) -> str:
    """Return what bash is to run."""
    if container is None:
        return command
    words = shlex.join(container.arguments)
    return f"{words} {command if entrypoint else shlex.quote(command)}"
