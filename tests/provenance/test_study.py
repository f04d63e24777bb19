"""The configuration that makes a recorded run again."""

from __future__ import annotations

import pytest
import yaml

from snakemake_vip.pipelines.descriptor import Descriptor
from snakemake_vip.provenance import study
from snakemake_vip.provenance.record import InputFile, Portal, Record
from snakemake_vip.study import config

RECORD = Record(
    session="a",
    run=2,
    pipeline="P/1",
    request="digest",
    descriptor=Descriptor("P/1", "P", "1"),
    document=None,
    settings={"file": ["s1/in.txt"], "label": "naïve: yes"},
    jobs_per_execution=200,
    unzip=True,
    portal=Portal("VIP", "0.3", "https://vip.creatis.insa-lyon.fr"),
    acts=(),
    inputs={"/vip/in": InputFile("/vip/in", "s1/in.txt", "0" * 64, 1)},
    input_folder="/vip",
    inputs_known=True,
    manifest=None,
    software={},
)


def _with(**more):
    return Record(**{**vars(RECORD), **more})


def test_it_is_a_configuration_of_one_session():
    content = yaml.safe_load(study.configuration(RECORD))
    found = config.study(content)
    assert list(found.sessions) == ["a"]
    assert found.sessions["a"].input_settings == RECORD.settings
    assert str(found.sessions["a"].input_dir) == study.INPUTS
    assert found.platform.url == "https://vip.creatis.insa-lyon.fr"


def test_without_local_inputs_it_has_no_input_folder():
    found = _with(inputs={"/vip/in": InputFile("/vip/in")})
    assert "input_dir" not in study.document(found)["sessions"]["a"]


def test_archives_that_were_kept_are_kept():
    assert study.document(_with(unzip=False))["sessions"]["a"]["unzip"] is False


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:2"])
def test_a_platform_of_this_machine_is_the_sandbox_of_the_next(url):
    found = study.document(_with(portal=Portal("VIP", "", url)))
    assert found["vip"] == {"url": "sandbox"}
