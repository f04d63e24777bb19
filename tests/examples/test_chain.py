"""Two pipelines in a chain, whose data stays on VIP."""

from __future__ import annotations

import json

import pytest


def _downloaded(requests):
    """Bytes that VIP gave out, by file."""
    return {item["path"]: item["sent"] for item in requests if item["query"] == "action=content"}


def _executions(requests):
    posts = [item for item in requests if item["method"] == "POST"]
    return [item for item in posts if item["path"] == "/rest/executions"]


def test_no_intermediate_file_comes_to_the_local_machine(example):
    chain = example("chain")
    printed, _ = chain.run(chain.commands.replace("--cores 2", "--cores 2 --executor vip"))
    assert printed.endswith(chain.promised)
    asked = chain.requests()
    came = _downloaded(asked)
    # The tables of four comparisons, of one row each; a base has 10 000 times as many bytes.
    results = {path: sent for path, sent in came.items() if "/OUTPUTS/" in path}
    assert len(results) == 4
    assert sum(results.values()) == len(chain.promised)
    assert sum(came.values()) < 5_000
    on_vip = chain.folder / ".vip-sandbox/files/home/chain"
    bases = sorted(path.name for path in on_vip.iterdir())
    assert bases == ["sub-01_base.nii.gz", "sub-02_base.nii.gz"]
    assert min(path.stat().st_size for path in on_vip.iterdir()) > 50_000
    assert not list(chain.folder.glob("**/.snakemake/**/*_base.nii.gz"))


@pytest.mark.slow
def test_another_base_is_compared_with_anew_and_the_same_one_is_not(example):
    chain = example("chain")
    go = "snakemake --cores 2 --executor vip"
    chain.run(chain.commands.replace("snakemake --cores 2", go))
    before = len(_executions(chain.requests()))
    _, told = chain.run(go)
    assert "Nothing to be done" in told
    assert len(_executions(chain.requests())) == before

    snakefile = chain.folder / "workflow/Snakefile"
    snakefile.write_text(snakefile.read_text().replace('"2": 1.1', '"2": 1.3'))
    printed, _ = chain.run(f"{go}; cat change.tsv")
    # The first time points are the same, what they are compared with is not.
    assert printed.endswith(
        "sub-01_tp-1\t0.8696\nsub-01_tp-2\t1.1304\nsub-02_tp-1\t0.8696\nsub-02_tp-2\t1.1304\n"
    )
    assert len(_executions(chain.requests())) > before


def test_the_descriptors_are_those_that_the_rules_name(example):
    chain = example("chain")
    text = (chain.folder / "workflow/Snakefile").read_text()
    for path in (chain.folder / "pipelines").glob("*.json"):
        descriptor = json.loads(path.read_text())
        assert f'"{descriptor["name"]}/{descriptor["tool-version"]}"' in text
