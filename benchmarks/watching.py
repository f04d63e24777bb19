"""Requests that it takes to watch, and what it takes to see an end.

*Requests a look*: executions that go on for minutes are watched for some seconds, by several
processes as the rules ``monitor`` of as many sessions do, with a second between two looks. Divided
by the looks that one process had time for. The official client looks once.

*From the end to the results*: one session of 16 jobs, run by Snakemake, with VIP's wait of 2 s for
each transfer and a ``refresh_time`` of 30 s. Each job writes down when it ended; what counts is the
time from the last of these until the manifest of the results is there. It must cost two transfers
one after the other, in 8 at once (*floor*): there is no way to be told of an end without looking.
The official client does the same by ``run_session``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.harness import FLOOR, OFFICIAL, OURS, Row, apart, client, scaled
from snakemake_vip import assets

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from benchmarks.harness import Lab, Vip

TITLE = "Watching"

_BIN = Path(sys.executable).parent
_LOOKS = 6
_PAUSE = 1.0
_PROCESSES = 4
_JOBS = 16
_WAIT = 2.0
_WORKERS = 8
_PIPELINE: dict[str, Any] = {
    "name": "Sleep",
    "tool-version": "1.0",
    "description": "Waits, then writes down the time.",
    "schema-version": "0.5",
    "command-line": "sleep [SECONDS]; date +%s.%N > [LABEL].txt",
    "inputs": [
        {"id": "seconds", "name": "seconds", "type": "Number", "value-key": "[SECONDS]"},
        {"id": "label", "name": "label", "type": "String", "value-key": "[LABEL]"},
    ],
    "output-files": [{"id": "end", "name": "end", "path-template": "[LABEL].txt"}],
}


def run(lab: Lab, scale: float) -> list[Row]:
    """Count the requests, and time the way from the end to the results."""
    pipelines = lab.folder("pipelines")
    (pipelines / "sleep.json").write_text(json.dumps(_PIPELINE))
    rows: list[Row] = []
    with lab.vip(pipelines=(str(pipelines),), workers=1) as vip:
        known = _launched(vip, scaled(scale, 200, least=_PROCESSES)[-1])
        for count in scaled(scale, 50, 100, 200, least=_PROCESSES):
            rows += _counted(lab, vip, known[:count])
    with lab.vip(pipelines=(str(pipelines),), workers=_JOBS, transfer_delay=_WAIT) as vip:
        for seconds in sorted({max(1.0, round(full * scale)) for full in (2, 8, 24)}):
            rows += _latency(lab, vip, seconds, official=seconds == round(8 * scale))
    return rows


def _launched(vip: Vip, count: int) -> list[str]:
    """Launch executions that go on until the sandbox ends."""
    launch, folder = vip.client().launch, "/vip/Home/API"
    values = {"seconds": "600", "label": "x"}
    return [launch(f"e {n}", "Sleep/1.0", values, folder).identifier for n in range(count)]


def _counted(lab: Lab, vip: Vip, known: Sequence[str]) -> list[Row]:
    case, size = "requests a look", len(known)
    common: dict[str, Any] = {"url": vip.url, "key": str(vip.key_file), "known": list(known)}
    rows: list[Row] = []
    vip.forget()
    apart(by_official, **common)
    rows.append(Row(case, OFFICIAL, size, "executions", _requests(vip), "requests"))
    for processes in (1, _PROCESSES):
        output = str(lab.folder("watch"))
        vip.forget()
        began = time.time() + 1.5
        _all_at_once(
            [
                {**common, "known": known[n::processes], "output": output, "began": began}
                for n in range(processes)
            ]
        )
        value = _requests(vip) / _LOOKS
        who = OURS if processes == 1 else f"{OURS}, {processes} processes"
        # A look begun within the time, and one by who came a moment late, are no second look.
        rows.append(Row(case, who, size, "executions", value, "requests", at_most=1.5))
    return rows


def _requests(vip: Vip) -> int:
    return sum("/rest/executions" in request["path"] for request in vip.requests())


def _all_at_once(orders: Sequence[dict[str, Any]]) -> None:
    """Watch in processes of their own, all at the same time."""
    code = (
        "import json, sys; from benchmarks import watching; "
        "watching.by_us(**json.loads(sys.argv[1]))"
    )
    root = str(Path(__file__).parent.parent)
    processes = [
        subprocess.Popen([sys.executable, "-c", code, json.dumps(order)], cwd=root)
        for order in orders
    ]
    for process in processes:
        if process.wait(timeout=120):
            msg = f"a process that watches ended with code {process.returncode}"
            raise RuntimeError(msg)


def by_us(url: str, key: str, known: list[str], output: str, began: float) -> None:
    """Look as often as there is time for, as the rule ``monitor`` does."""
    from snakemake_vip.session.looks import Looks
    from snakemake_vip.session.workbench import Workbench
    from snakemake_vip.study import config

    document = {
        "vip": {"url": url, "api_key": key},
        "output_dir": output,
        "sessions": {"a": {"pipeline_id": "Sleep/1.0"}},
    }
    looks = Looks(Workbench(config.study(document)))
    time.sleep(max(0.0, began - time.time()))
    oldest = 0.0
    while time.time() < began + (_LOOKS - 0.5) * _PAUSE:
        look = looks.look(known, began, max(oldest, time.time() - _PAUSE))
        oldest = look.asked
        looks.wait(look, look.asked + _PAUSE - time.time())


def by_official(url: str, key: str, known: list[str]) -> Generator[Any, None, None]:
    """Look once, as ``VipSession.monitor_workflows`` does each time."""
    from contextlib import redirect_stdout

    from vip_client import VipSession

    with redirect_stdout(sys.stderr):
        VipSession.init(api_key=key, vip_portal_url=url, verbose=False, backup_location=None)
        session = VipSession("watch", verbose=False)
        session._workflows = {one: {"status": "Running"} for one in known}  # noqa: SLF001
        yield
        session._update_workflows()  # noqa: SLF001
    yield


# -- from the end to the results


def _latency(lab: Lab, vip: Vip, seconds: float, *, official: bool) -> list[Row]:
    case = "from the end of the jobs to the results"
    floor = _WAIT * _JOBS / _WORKERS
    rows = [Row(case, FLOOR, seconds, "seconds a job", floor)]
    ours = _ours(lab, vip, seconds)
    bound = 1 + (0.2 * seconds + 4) / floor
    rows.append(
        Row(case, OURS, seconds, "seconds a job", ours,
            ratio=ours / floor, against=FLOOR, at_most=bound)
    )  # fmt: skip
    if official:
        output = lab.folder("official")
        made = apart(
            by_official_run,
            url=vip.url,
            key=str(vip.key_file),
            seconds=seconds,
            output=str(output),
        )
        theirs = made["result"]["end"] - _ended(output)
        rows.append(
            Row(
                case,
                OFFICIAL,
                seconds,
                "seconds a job",
                theirs,
                ratio=theirs / floor,
                against=FLOOR,
            )
        )
    return rows


def _ended(folder: Path) -> float:
    """Return when the last job ended, by its own account."""
    found = [float(path.read_text()) for path in folder.rglob("job*.txt")]
    if len(found) != _JOBS:
        msg = f"{len(found)} results in {folder}, not {_JOBS}"
        raise RuntimeError(msg)
    return max(found)


def _settings(seconds: float) -> dict[str, Any]:
    return {"seconds": f"{seconds:g}", "label": [f"job{number:02}" for number in range(_JOBS)]}


def _ours(lab: Lab, vip: Vip, seconds: float) -> float:
    folder = lab.folder("ours")
    name = f"s{seconds:g}"
    platform = {"url": vip.url, "api_key": str(vip.key_file), "refresh_time": 30}
    session = {"pipeline_id": "Sleep/1.0", "input_settings": _settings(seconds)}
    (folder / "config").mkdir()
    document = {"vip": platform, "sessions": {name: session}}
    (folder / "config/config.yaml").write_text(json.dumps(document))
    target = f"vip_outputs/{name}/run-1.json"
    command = [
        str(_BIN / "snakemake"),
        "-s",
        assets.snakefile(),
        "--profile",
        assets.profile("vip"),
    ]
    environment = {**os.environ, "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [*command, target],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    if done.returncode:
        msg = f"snakemake failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        raise RuntimeError(msg)
    return (folder / target).stat().st_mtime - _ended(folder / f"vip_outputs/{name}/run-1")


def by_official_run(url: str, key: str, seconds: float, output: str) -> Generator[Any, None, None]:
    """Launch, monitor and download by the official client."""
    from contextlib import redirect_stdout

    from vip_client import VipSession

    client(url, key).make_directory("/vip/Home/API/official")
    with redirect_stdout(sys.stderr):
        VipSession.init(api_key=key, vip_portal_url=url, verbose=False, backup_location=None)
        session = VipSession(
            "official",
            pipeline_id="Sleep/1.0",
            input_settings=_settings(seconds),
            output_dir=output,
            verbose=False,
        )
        yield
        session.launch_pipeline()
        session.monitor_workflows(refresh_time=30)
        session.download_outputs()
    yield {"end": time.time()}
