"""A method for each endpoint of VIP's REST API that a user needs, with typed answers."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from snakemake_vip.errors import PlatformError, harmless
from snakemake_vip.rest import fields
from snakemake_vip.rest.content import CHUNK, Content
from snakemake_vip.rest.models import Execution, PathInfo, PipelineDefinition, Platform
from snakemake_vip.rest.names import quoted, segment
from snakemake_vip.rest.tail import tail

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    import requests
    from tenacity import Retrying

    from snakemake_vip.rest.answers import Answer
    from snakemake_vip.rest.transport import Transport

VipPath = PurePosixPath | str
Read = TypeVar("Read")

_PLAIN_PIPELINE = re.compile(r"[0-9A-Za-z_@-][0-9A-Za-z._@-]*(/[0-9A-Za-z_@-][0-9A-Za-z._@-]*)+")
_NOT_THERE = frozenset({400, 404, 406})
_LONGEST_PAUSE = 10.0
_LOG = 1 << 23


class Client:
    """VIP, for one user.

    Parameters
    ----------
    transport
        Where to and with which key.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def url(self) -> str:
        """The portal's address."""
        return self._transport.url

    def patiently(self, what: str) -> Retrying:
        """Return what repeats a call during an outage. Only for calls that change nothing."""
        return self._transport.patiently(what)

    def _get(self, path: str, what: str, read: Callable[[Any], Read], **options: Any) -> Read:
        return self._transport.request(
            "GET", path, what=what, read=lambda answer: read(answer.json()), **options
        )

    def close(self) -> None:
        """Close the connections that are kept; further calls open new ones."""
        self._transport.close()

    # -- the platform and its pipelines

    def platform(self) -> Platform:
        """Return what the platform says of itself (``GET /platform``)."""
        return self._get("platform", "asking what the platform is", Platform.read)

    def pipelines(self) -> list[PipelineDefinition]:
        """Return the pipelines that the key may use, without parameters (``GET /pipelines``)."""
        return self._get("pipelines", "listing the pipelines", _each(PipelineDefinition.read))

    def pipeline(self, identifier: str) -> PipelineDefinition:
        """Return a pipeline's definition (``GET /pipelines/{id}``).

        Raises
        ------
        PlatformError
            8005, 8007 or 8008 where the identifier is not one, unknown, or not allowed.
        """
        return self._pipeline(identifier, PipelineDefinition.read)

    def descriptor(self, identifier: str) -> dict[str, Any] | None:
        """Return a pipeline's Boutiques descriptor, or none where the platform serves none.

        ``GET /pipelines/{id}?format=boutiques``, since VIP 3 (October 2024).
        """
        answer = self._pipeline(identifier, _object, format="boutiques")
        return answer if "inputs" in answer else None

    def _pipeline(self, identifier: str, read: Callable[[Any], Read], **params: str) -> Read:
        what = f"reading the pipeline {identifier}"
        if _PLAIN_PIPELINE.fullmatch(identifier):
            return self._get(f"pipelines/{identifier}", what, read, params=params)
        # VIP decodes the identifier once more than usual ("+" would become a space), and its
        # firewall refuses an encoded "%" in a path.
        once = quote(identifier, safe="", errors="replace")
        return self._get("pipelines", what, read, params={"pipelineId": once, **params})

    # -- executions

    def executions(self, limit: int | None = None) -> list[Execution]:
        """Return the user's newest executions, without inputs, outputs and jobs.

        Parameters
        ----------
        limit
            At most so many, and at most the platform's ``defaultLimitListExecutions``.
        """
        params = {} if limit is None else {"limit": str(max(1, limit))}
        what = "listing the executions"
        return self._get("executions", what, _each(Execution.read), params=params, slow=True)

    def count_executions(self) -> int:
        """Return how many executions the user has (``GET /executions/count``)."""
        return self._transport.request(
            "GET",
            "executions/count",
            what="counting the executions",
            read=lambda answer: int(answer.text),
            wants_json=False,
        )

    def execution(self, identifier: str) -> Execution:
        """Return an execution in full.

        Raises
        ------
        PlatformError
            8015 where it was deleted; 8000 where it is unknown or not yours.
        """
        path = f"executions/{segment(identifier)}"
        return self._get(path, f"reading {identifier}", Execution.read)

    def launch(
        self,
        name: str,
        pipeline: str,
        inputs: Mapping[str, str | Sequence[str]],
        results: str | Sequence[str],
    ) -> Execution:
        """Start an execution (``POST /executions``). Never repeated here.

        Parameters
        ----------
        name
            Letters, digits, ``-``, ``_`` and spaces, at most 255.
        pipeline
            ``<application>/<version>``.
        inputs
            Parameter to value or values.
        results
            The folder below which VIP makes the results folder; several for a pipeline that zips
            them with its lists.

        Raises
        ------
        CapacityError
            2000, 2001, 2003.
        OutageError
            The execution may have been started all the same.
        """
        values = dict(inputs)
        body: dict[str, Any] = {"name": name, "pipelineIdentifier": pipeline, "inputValues": values}
        if isinstance(results, str):
            body["resultsLocation"] = results
        else:
            values["results-directory"] = results
        what = f"launching {pipeline} as {name!r}"
        return self._transport.request(
            "POST", "executions", what=what, read=_execution, json=body, slow=True
        )

    def rename(self, identifier: str, name: str) -> Execution:
        """Give an execution another name (``PUT /executions/{id}``)."""
        now = self.execution(identifier)
        body: dict[str, Any] = {"name": name, "pipelineIdentifier": now.pipeline, "inputValues": {}}
        path, what = f"executions/{segment(identifier)}", f"renaming {identifier}"
        return self._transport.request("PUT", path, what=what, read=_execution, json=body)

    def kill(self, identifier: str) -> None:
        """Stop an execution. VIP calls a finished one killed as well: look before."""
        self._change("PUT", f"executions/{segment(identifier)}/kill", f"killing {identifier}")

    def delete_execution(self, identifier: str, *, files: bool) -> None:
        """Delete a finished or killed execution, with or without its output files."""
        path, what = f"executions/{segment(identifier)}/delete", f"deleting {identifier}"
        self._change("PUT", path, what, json={"deleteFiles": files})

    def results(self, identifier: str) -> list[PathInfo]:
        """Return the results of an execution. Slow on VIP: two looks at the grid a file."""
        path, what = (
            f"executions/{segment(identifier)}/results",
            f"listing the results of {identifier}",
        )
        return self._get(path, what, _each(PathInfo.read), slow=True)

    def log(self, identifier: str, stream: str = "stdout", job: int | None = None) -> str:
        """Return what an execution or one of its jobs wrote; of a very long log only the end.

        Parameters
        ----------
        identifier
            The execution.
        stream
            ``stdout`` or ``stderr``.
        job
            The job's number; without it VIP tells only of executions of one job.
        """
        whose = f"executions/{segment(identifier)}" + ("" if job is None else f"/jobs/{job}")
        what = f"reading the {stream} of {identifier}"

        def once() -> str:
            with self._transport.stream(f"{whose}/{stream}", what=what, params={}) as response:
                return harmless(tail(response.iter_content(CHUNK), _LOG))

        return self.patiently(what)(once)

    # -- files

    def properties(self, path: VipPath) -> PathInfo:
        """Return what VIP knows of a path; ``exists`` is false where it is missing."""
        return self._path(path, "properties", f"looking at {path}", PathInfo.read)

    def exists(self, path: VipPath) -> bool:
        """Whether a path is there."""
        return self._path(path, "exists", f"looking for {path}", _exists)

    def listing(self, folder: VipPath) -> list[PathInfo] | None:
        """Return what is directly in a folder, whatever is listed; none where there is no such."""
        try:
            listed = self._path(folder, "list", f"listing {folder}", _each(PathInfo.read))
            return [i for i in listed if PurePosixPath(i.path).parent == PurePosixPath(folder)]
        except PlatformError as error:
            # VIP has one code for "missing", "a file" and "not now": the look tells them apart.
            if error.status in _NOT_THERE and not self.properties(folder).is_directory:
                return None
            raise

    def _path(self, path: VipPath, action: str, what: str, read: Callable[[Any], Read]) -> Read:
        return self._get(f"path/{quoted(path)}", what, read, params={"action": action})

    def _change(self, method: str, path: str, what: str, **body: Any) -> None:
        self._transport.request(method, path, what=what, read=_nothing, wants_json=False, **body)

    def make_directory(self, path: VipPath) -> None:
        """Create one folder in an existing one (a PUT without a body)."""
        self._change("PUT", f"path/{quoted(path)}", f"creating the folder {path}", slow=True)

    def upload(self, path: VipPath, content: IO[bytes], size: int) -> None:
        """Send a file that VIP does not have yet, in one try.

        Parameters
        ----------
        path
            Where to, in an existing folder. VIP cleans the name.
        content
            Read from where it stands.
        size
            Bytes that are left in `content`.

        Raises
        ------
        PlatformError
            8000: it exists, its folder is missing, or VIP gave up waiting (it may still arrive).
        OutageError
            It may have arrived.
        TransferError
            `content` ends early or cannot be read; VIP keeps nothing of it.
        """
        where, what = f"path/{quoted(path)}", f"uploading {path}"
        if size:
            data, kind = Content(content, size, what), "application/octet-stream"
            self._change("PUT", where, what, data=data, content_type=kind, slow=True)
        else:
            # An empty body would make a folder.
            body, kind = {"base64Content": "", "type": "File"}, "application/carmin+json"
            self._change("PUT", where, what, json=body, content_type=kind, slow=True)

    @contextmanager
    def download(self, path: VipPath, start: int = 0) -> Generator[requests.Response, None, None]:
        """Open a file for reading in pieces.

        Parameters
        ----------
        path
            A file, no larger than the platform's limit.
        start
            Bytes to leave out; the answer's status is 206 where VIP did so.
        """
        what = f"downloading {path}"
        params = {"action": "content"}
        where = f"path/{quoted(path)}"
        with self._transport.stream(where, what=what, params=params, start=start) as response:
            yield response

    def delete_path(self, path: VipPath) -> None:
        """Ask VIP to delete a file, or a folder with all in it. VIP does it later."""
        self._change("DELETE", f"path/{quoted(path)}", f"deleting {path}", slow=True)

    def wait_until_gone(self, path: VipPath, within: float, pause: float = 0.25) -> bool:
        """Wait for a deletion.

        Parameters
        ----------
        path
            What was deleted.
        within
            Seconds to wait.
        pause
            Seconds between the first two looks; it grows.

        Returns
        -------
        bool
            Whether it is gone: VIP drops a deletion that fails too often, and does not tell.
        """
        until = time.monotonic() + within
        while self.exists(path):
            left = until - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(pause, left))
            pause = min(pause * 2, _LONGEST_PAUSE)
        return True


def _each(read: Callable[[Any], Read]) -> Callable[[Any], list[Read]]:
    return lambda answer: [read(item) for item in fields.items(answer)]


def _object(answer: Any) -> dict[str, Any]:
    return dict(fields.record(answer))


def _exists(answer: Any) -> bool:
    return fields.flag(fields.record(answer), "exists")


def _execution(answer: Answer) -> Execution:
    return Execution.read(answer.json())


def _nothing(_: Answer) -> None:
    return None
