"""What the workflow's rules ask of the configuration while Snakemake builds its DAG.

Nothing here speaks to VIP, and everything is cheap: it runs at each start of Snakemake.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from snakemake_vip import durable
from snakemake_vip.errors import ConfigurationError
from snakemake_vip.rest import names
from snakemake_vip.session import upload
from snakemake_vip.session.workbench import Workbench
from snakemake_vip.study import config
from snakemake_vip.study.model import SANDBOX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from snakemake_vip.session.workbench import SessionBench
    from snakemake_vip.study.model import SessionConfig


class Dag:
    """The study as the rules see it.

    Parameters
    ----------
    document
        Snakemake's ``config``.
    output_dir
        The folder of the results as the workflow's path variables have it.
    """

    def __init__(self, document: Mapping[str, Any], output_dir: str) -> None:
        from snakemake_vip.rest import key

        self.study = config.study({**document, "output_dir": output_dir})
        vip = self.study.platform
        if vip.url != SANDBOX and (literal := key.literal(vip.api_key)):
            raise ConfigurationError([literal])

    @cached_property
    def _bench(self) -> Workbench:
        return Workbench(self.study)

    @cached_property
    def configfile(self) -> str:
        """The whole configuration as a file, for the commands of the rules.

        Its name tells its content, so that a running workflow keeps the one that it began with.
        """
        document = self.study.document
        path = self._bench.inside / config.KEPT / config.kept_name(document)
        if not path.exists():
            durable.write(path, durable.canonical(document))
        return str(path)

    @property
    def names(self) -> list[str]:
        """All sessions."""
        return list(self.study.sessions)

    @property
    def finishing(self) -> list[str]:
        """Sessions whose clean-up is part of ``all``."""
        return [name for name, session in self.study.sessions.items() if session.finish]

    def cite(self) -> str:
        """Return what the records of the runs tell beside the runs, as one text."""
        return durable.canonical(self.study.document.get("cite") or {})

    def demo_files(self) -> list[str]:
        """Return what the demonstration dataset consists of."""
        from snakemake_vip.sandbox import demo

        folder = self.study.demo_data
        return [str(path) for path in demo.files(folder)] if folder else []

    def session(self, name: str) -> SessionConfig:
        """Return a session's configuration."""
        return self.study.session(name)

    def bench(self, name: str) -> SessionBench:
        """Return a session's place on disk."""
        return self._bench.session(name)

    def owner(self, name: str) -> str:
        """Return the session whose inputs session `name` uses."""
        return self.study.owner(name).name

    def runs(self, name: str) -> range:
        """Return the numbers of a session's runs."""
        return range(1, self.session(name).nb_runs + 1)

    def needed(self, name: str) -> list[str]:
        """Return local files that the sessions which use the inputs of `name` name one by one.

        Other rules of the workflow may make them.
        """
        folder = self.session(name).input_dir
        if folder is None:
            return []
        found = {
            str(path) for user in self.study.users(name) for path in _named_files(user, folder)
        }
        demo = self.study.demo_data
        if demo and (demo == folder or demo in folder.parents):
            found.update(self.demo_files())
        return sorted(found)

    def touched(self, name: str) -> set[str]:
        """Return local inputs that are younger than their upload, and yet the same."""
        return {str(path) for path in upload.touched(self.bench(name))}

    def generation(self, name: str) -> int:
        """Return the number of the content that the inputs of a session have now."""
        return upload.generation(self.bench(name))

    def request(self, name: str) -> str:
        """Return a digest of what a session asks of VIP, as far as the configuration tells."""
        session = self.session(name)
        owner = self.study.owner(name)
        asked = {
            "pipeline": session.pipeline_id,
            "settings": session.input_settings,
            "inputs": str(owner.vip_input_dir),
            "outputs": str(session.vip_output_dir),
        }
        return hashlib.sha256(durable.canonical(asked).encode()).hexdigest()

    def users(self, name: str) -> list[tuple[str, int]]:
        """Return every session and run that must be here before `name` can be cleaned up."""
        users = [user.name for user in self.study.users(name)] or [name]
        return [(user, run) for user in users for run in self.runs(user)]


def _named_files(session: SessionConfig, folder: Path) -> Iterator[Path]:
    """Yield files below `folder` that the settings name and that can be told from other texts.

    Which parameters are files only the pipeline's descriptor tells. A text that is the path of a
    file in the folder, or looks like one that is still to be made, is taken for a file.
    """
    for value in session.input_settings.values():
        items = cast("list[Any]", value) if isinstance(value, list) else [value]
        for item in items:
            if not isinstance(item, str) or names.is_on_vip(item) or not item:
                continue
            path = folder / item
            is_to_be_made = "/" in item and not item.startswith(("-", "/")) and Path(item).suffix
            if is_to_be_made or path.is_file():
                yield path
