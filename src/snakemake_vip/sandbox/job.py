"""One job: stage the inputs, run the command, store the outputs.

Each step that can fail has an exit code of its own, as on VIP's worker nodes.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip.sandbox.commandline import Rendering, rendered
from snakemake_vip.sandbox.container import NoContainerError, container_for, script
from snakemake_vip.sandbox.invocation import InvocationError, typed
from snakemake_vip.sandbox.iteration import RESULTS_DIRECTORY
from snakemake_vip.sandbox.names import is_external

if TYPE_CHECKING:
    from snakemake_vip.sandbox.descriptors import Pipeline
    from snakemake_vip.sandbox.store import Job, Store
    from snakemake_vip.sandbox.tree import Tree

SUCCESS, NO_INPUT, NO_OUTPUT, NOT_STORED, OUTPUT_EXISTS = 0, 1, 3, 30, 32
EXECUTION_FAILED, NO_CONTAINER = 50, 53

EXIT_MESSAGES = {
    SUCCESS: "Successfully executed",
    NO_INPUT: "Download was not successful",
    NO_OUTPUT: "Error during match result files",
    NOT_STORED: "Error while uploading file",
    OUTPUT_EXISTS: "Result file already exists",
    EXECUTION_FAILED: "Execution was not successful",
    NO_CONTAINER: "Invalid container runtime",
}
UNKNOWN_EXIT = "Exit code not known"

_log = logging.getLogger(__name__)
_ENVIRONMENT = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PYTHONPATH", "SHELL", "TMPDIR", "TZ", "USER")
_GRACE = 5.0


class JobFailedError(Exception):
    """A job that ends badly: its exit code, and what its stderr log is told."""

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        super().__init__(reason)


@dataclass(frozen=True)
class Workplace:
    """The folder of one job: its working directory while it runs, its logs for good."""

    folder: Path

    @property
    def work(self) -> Path:
        """The working directory."""
        return self.folder / "work"

    @property
    def stdout(self) -> Path:
        """What the command wrote to its standard output."""
        return self.folder / "stdout"

    @property
    def stderr(self) -> Path:
        """What the command wrote to its standard error, and why the job failed."""
        return self.folder / "stderr"

    @property
    def life(self) -> Path:
        """Locked by the job's processes as long as one of them lives; holds the first one's id."""
        return self.folder / "life"

    def end_leftovers(self) -> None:
        """End the processes that a server left behind which was itself ended by force.

        The lock on :attr:`life` proves that the group of this process id is still that job's.
        """
        if not self.life.exists():
            return
        deadline = time.monotonic() + _GRACE
        with self.life.open() as file:
            while time.monotonic() < deadline:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    text = self.life.read_text().strip()
                    if text:
                        end_group(int(text))
                    time.sleep(0.02)
                else:
                    return


def end_group(process: int) -> None:
    """End a process group at once."""
    try:
        os.killpg(process, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # it is gone already
        return


class JobRun:
    """The run of one job in a thread.

    Parameters
    ----------
    job
        The job.
    pipeline
        What it runs.
    tree
        Where its inputs lie and its outputs go.
    store
        Where its outputs are recorded.
    workplace
        Its folder.
    """

    def __init__(
        self, job: Job, pipeline: Pipeline, tree: Tree, store: Store, workplace: Workplace
    ) -> None:
        self._job = job
        self._pipeline = pipeline
        self._tree = tree
        self._store = store
        self._place = workplace
        self._lock = threading.Lock()
        self._killed = False
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> int | None:
        """Run the job and return its exit code; none if it was killed."""
        self._prepare()
        try:
            code = self._steps()
        except JobFailedError as failure:
            code = failure.code
            self._tell(str(failure))
        except OSError as error:
            code = NOT_STORED
            self._tell(str(error))
        shutil.rmtree(self._place.work, ignore_errors=True)
        return None if self._killed else code

    def kill(self) -> None:
        """End the job."""
        with self._lock:
            self._killed = True
            if self._process is not None and self._process.poll() is None:
                end_group(self._process.pid)

    def _prepare(self) -> None:
        self._place.end_leftovers()
        if self._place.work.exists():
            shutil.rmtree(self._place.work)
        self._place.work.mkdir(parents=True)
        self._place.stdout.write_bytes(b"")
        self._place.stderr.write_bytes(b"")

    def _steps(self) -> int:
        texts = self._staged()
        try:
            values = typed(self._pipeline, texts)
            rendering = rendered(self._pipeline.descriptor, values)
        except (InvocationError, ValueError) as error:
            msg = f"the values do not fit the pipeline: {error}"
            raise JobFailedError(EXECUTION_FAILED, msg) from error
        self._execute(rendering)
        if not self._killed:
            self._deliver(self._found(rendering))
        return SUCCESS

    def _staged(self) -> dict[str, str]:
        """Copy the input files here under their own names; return the inputs as the job sees them.

        Copies, so that a tool that changes its input does not change it for others.
        """
        texts = dict(self._job.inputs)
        texts.pop(RESULTS_DIRECTORY, None)
        absolute = {i["id"] for i in self._pipeline.inputs if i.get("uses-absolute-path")}
        for name in self._pipeline.files & set(texts):
            local = self._place.work / self._copied(name, texts[name])
            texts[name] = str(local) if name in absolute else local.name
        return texts

    def _copied(self, name: str, path: str) -> str:
        source = None if is_external(path) else self._tree.place(path).real
        if source is None or not source.exists():
            msg = f"cannot download the input {name}: {path} does not exist"
            raise JobFailedError(NO_INPUT, msg)
        target = self._place.work / source.name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, target)
            target.chmod(0o755)
        return target.name

    def _execute(self, rendering: Rendering) -> None:
        for name, content in rendering.files.items():
            path = self._place.work / self._below_work(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        label = f"vip-sandbox-{self._job.execution}-{self._job.number}"
        descriptor = self._pipeline.descriptor
        try:
            box = container_for(descriptor, self._place.work, label, rendering.environment)
        except NoContainerError as error:
            raise JobFailedError(NO_CONTAINER, str(error)) from error
        entrypoint = bool(descriptor.get("container-image", {}).get("entrypoint"))
        code = self._run(script(rendering.command, box, entrypoint=entrypoint), rendering)
        if self._killed and box is not None:
            box.remove()
        if code and not self._killed:
            raise JobFailedError(EXECUTION_FAILED, self._exit_text(code))

    def _run(self, command: str, rendering: Rendering) -> int:
        """Run `command` in bash in a process group of its own and return its exit code."""
        with (
            self._place.stdout.open("ab") as out,
            self._place.stderr.open("ab") as err,
            self._place.life.open("w") as life,
        ):
            fcntl.flock(life, fcntl.LOCK_EX)
            # the first process tells its id before the command starts: no moment without a trace
            first = f'echo $$ >&{life.fileno()}; exec bash -c "$1"'
            with self._lock:
                if self._killed:
                    return -signal.SIGKILL
                self._process = subprocess.Popen(
                    ["bash", "-c", first, "bash", command],  # noqa: S607
                    cwd=self._place.work,
                    env=_environment() | rendering.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,
                    pass_fds=[life.fileno()],
                )
        code = self._process.wait()
        end_group(self._process.pid)  # what the command left running in the background
        return code

    def _exit_text(self, code: int) -> str:
        told = {
            e["code"]: e["description"] for e in self._pipeline.descriptor.get("error-codes", ())
        }
        meaning = f" ({told[code]})" if code in told else ""
        return f"the command ended with exit code {code}{meaning}"

    def _found(self, rendering: Rendering) -> list[tuple[str, Path]]:
        """Return output id and file of what the command made, relative to the work directory."""
        found: list[tuple[str, Path]] = []
        for output in self._pipeline.descriptor.get("output-files", ()):
            pattern = rendering.outputs.get(output["id"])
            matches = self._matching(pattern) if pattern else []
            if not matches and not output.get("optional"):
                msg = f"the output {output['id']} is missing: nothing matches {pattern}"
                raise JobFailedError(NO_OUTPUT, msg)
            found += [(output["id"], match) for match in matches]
        by_file = {file: output for output, file in reversed(found)}  # a file counts once
        return [(output, file) for file, output in reversed(by_file.items())]

    def _matching(self, pattern: str) -> list[Path]:
        work = self._place.work
        relative = self._below_work(pattern)
        found = [work / relative] if (work / relative).exists() else sorted(work.glob(relative))
        for match in found:
            self._refuse_links_out(match)
        return [match.relative_to(work) for match in found]

    def _below_work(self, name: str) -> str:
        """Return the path of a file of the job, which a value may have made lead elsewhere."""
        work = self._place.work
        relative = os.path.relpath(work / name, work)
        if Path(relative).parts[0] == "..":
            msg = f"the output {name} lies outside of the working directory"
            raise JobFailedError(NO_OUTPUT, msg)
        return relative

    def _refuse_links_out(self, match: Path) -> None:
        """Refuse a result that would show another file of the user's."""
        work = self._place.work.resolve()
        for path in [match, *(match.rglob("*") if match.is_dir() else ())]:
            if not Path(os.path.realpath(path)).is_relative_to(work):  # never raises
                msg = f"the output {match.name} leads out of the working directory by a link"
                raise JobFailedError(NO_OUTPUT, msg)

    def _deliver(self, found: list[tuple[str, Path]]) -> None:
        """Move the outputs into the results directory, all or none."""
        results = self._job.inputs[RESULTS_DIRECTORY].rstrip("/")
        paths = [(output, f"{results}/{file.as_posix()}") for output, file in found]
        taken = next((path for _, path in paths if self._tree.exists(path)), None)
        identifier, number = self._job.execution, self._job.number
        if taken is None and not self._store.claim_outputs(identifier, number, paths):
            taken = "a file that another job of this execution made"
        if taken is not None:
            msg = f"result file already exists: {taken}"
            raise JobFailedError(OUTPUT_EXISTS, msg)
        for (_, file), (_, path) in zip(found, paths, strict=True):
            target = self._tree.writable(path).file
            target.parent.mkdir(parents=True, exist_ok=True)
            (self._place.work / file).rename(target)

    def _tell(self, reason: str) -> None:
        with self._place.stderr.open("a") as file:
            file.write(f"{reason}\n")
        _log.info("%s: job %d: %s", self._job.execution, self._job.number, reason)


def _environment() -> dict[str, str]:
    """Return the variables a job sees: those of a worker node, and never the user's secrets."""
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    folder = str(Path(sys.executable).parent)
    path = os.pathsep.join([folder, os.environ.get("PATH", os.defpath)])
    return kept | {"PATH": path, "OMP_NUM_THREADS": "1"}


def undo_delivery(tree: Tree, store: Store, job: Job) -> None:
    """Delete the outputs that an interrupted run of `job` had begun to store."""
    for output in store.unclaim_outputs(job.execution, job.number):
        path = PurePosixPath(output.path)
        tree.remove(tree.writable(str(path)).file)
