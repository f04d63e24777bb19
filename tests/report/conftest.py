"""What the tests of the report share: a study with results and failures, and a browser."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

# Helpers of these tests alone are modules beside them.
sys.path.insert(0, str(Path(__file__).parent))

from report_browser import CHROMIUM, browser

from snakemake_vip.errors import ExecutionError
from snakemake_vip.session import download, launch, upload


@pytest.fixture
def broken(study):
    """A study of one run: the first job gave its results, the second failed."""
    study.write("data/s2/in.txt", "bad <b>news</b>\n")
    study.sessions["a"] |= {
        "pipeline_id": "Picky/1.0",
        "input_settings": {"file": ["s1/in.txt", "s2/in.txt"], "label": ["sub-01", "sub-02"]},
    }
    study.hasten()
    bench = study.bench()
    upload.upload(bench)
    launch.launch(bench, 1)
    with pytest.raises(ExecutionError):
        download.download(bench, 1)
    return study


@pytest.fixture
def quick_run():
    """Run one session of a study to its results."""

    def run(study, name="a", runs=(1,)):
        study.hasten()
        bench = study.bench(name)
        upload.upload(bench)
        for number in runs:
            launch.launch(bench, number)
            download.download(bench, number)
        return bench

    return run


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """A tab of a real browser; a machine without one skips what needs it."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine (apt install chromium)")
    with browser(tmp_path_factory.mktemp("chromium")) as page:
        yield page


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """A folder with a pipeline whose results are a picture and a table."""
    draw = "from PIL import Image; Image.linear_gradient('L').resize((800, 600)).save('out/qc.png')"
    write = "printf 'label\\tbytes\\n[LABEL]\\t%s\\n' $(wc -c < [FILE]) > out/volumes.tsv"
    spoil = "case [LABEL] in broken) printf 'a\\n1\\t2\\t3\\n' > out/volumes.tsv;; esac"
    pack = "tar czf [LABEL].tgz -C out ."
    descriptor = {
        "name": "Draw",
        "tool-version": "1.0",
        "schema-version": "0.5",
        "description": "Draws a picture and writes a table.",
        "command-line": f'mkdir out; python -c "{draw}"; {write}; {spoil}; {pack}',
        "inputs": [
            {"id": "file", "name": "file", "type": "File", "value-key": "[FILE]"},
            {"id": "label", "name": "label", "type": "String", "value-key": "[LABEL]"},
        ],
        "output-files": [{"id": "result", "name": "result", "path-template": "[LABEL].tgz"}],
        "custom": {"vip:dot": ["file", "label"]},
    }
    folder = tmp_path_factory.mktemp("drawing")
    (folder / "draw.json").write_text(json.dumps(descriptor))
    return folder
