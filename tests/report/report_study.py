"""A report of a study that never was, with something of everything."""

from __future__ import annotations

import io

from PIL import Image

from snakemake_vip.report.model import (
    Bar,
    Failure,
    JobRow,
    Overview,
    Phase,
    Picture,
    Report,
    Sheet,
    Span,
)


def study_report() -> Report:
    """Return a study of 30 jobs, of which 3 and 9 failed."""
    file = io.BytesIO()
    Image.linear_gradient("L").save(file, "PNG")
    failed = {3, 9}
    jobs = [
        JobRow(
            session="s",
            run=1,
            execution="workflow-abcdef",
            job=number,
            inputs={"image": f"/vip/Home/sub-{number:02}_T1w.nii.gz"},
            status="ERROR" if number in failed else "COMPLETED",
            exit_code=50 if number in failed else 0,
            message="Execution was not successful" if number in failed else "",
            outputs=() if number in failed else (f"sub-{number:02}.tgz",),
        )
        for number in range(1, 31)
    ]
    spans = (
        Span(Phase.WAITING, 0, 300),
        Span(Phase.QUEUED, 300, 500),
        Span(Phase.RUNNING, 500, 4000),
        Span(Phase.DOWNLOADING, 4000, 4100, "28 files, 100 bytes"),
    )
    return Report(
        title="s",
        made=4200.0,
        version="1",
        sessions=(Overview("s", "Tool/1.0", 1, 0, 1, 30, 2, 12345),),
        bars=(Bar("s", 1, "workflow-abcdef", "s run-1", "Finished", spans, {"COMPLETED": 28}),),
        jobs=tuple(jobs),
        failures=tuple(
            Failure("s", 1, "workflow-abcdef", number, "ERROR", 50, "no", "the application", "bad",
                    ("a line that is long " * 20, "the last")) for number in sorted(failed)
        ),
        pictures=(
            Picture("s", 1, 1, "s/run-1/sub-01.tgz/qc.png", "qc.png of sub-01", file.getvalue(),
                    "image/png", 256, 256, 5000),
        ),
        sheets=(Sheet("volumes.tsv", tuple(f"column {n}" for n in range(14)), (("1",) * 14,) * 3),),
        notes=("a note",),
    )  # fmt: skip
