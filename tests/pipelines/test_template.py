from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snakemake_vip.pipelines.descriptor import Descriptor
from snakemake_vip.pipelines.files import InputFolder
from snakemake_vip.pipelines.settings import resolve
from snakemake_vip.pipelines.template import configuration, scalar, session_name
from snakemake_vip.rest import names

URL = "https://vip.example.org"
NOWHERE = InputFolder(None, PurePosixPath("/vip/Home"))

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def the_session(text: str) -> dict[str, Any]:
    (session,) = yaml.safe_load(text)["sessions"].values()
    return session


def test_the_configuration_is_the_contracts(skull):
    config = yaml.safe_load(configuration(skull, URL))
    assert config["vip"] == {"url": URL, "api_key": "VIP_API_KEY"}
    assert config["output_dir"] == "vip_outputs"
    assert config["sessions"] == {
        "SkullStrip": {
            "pipeline_id": "SkullStrip/2.1-1",
            "input_dir": "data",
            "input_settings": {"t1_image": None, "label": None},
        }
    }


def test_the_platform_is_the_one_that_was_asked(skull):
    assert yaml.safe_load(configuration(skull, URL, "~/my key"))["vip"]["api_key"] == "~/my key"
    assert yaml.safe_load(configuration(skull, "sandbox"))["vip"] == {"url": "sandbox"}


def test_each_gap_is_a_mistake_until_it_is_filled(skull):
    gaps = the_session(configuration(skull, URL))["input_settings"]
    found = resolve(gaps, skull, NOWHERE)
    assert {p.key for p in found.problems} == {"input_settings.t1_image", "input_settings.label"}


def test_a_folder_is_not_asked_for_where_no_file_has_to_be_given(skull):
    optional = tuple(replace(p, optional=True) for p in skull.parameters)
    text = configuration(replace(skull, parameters=optional), URL)
    assert "    # input_dir: data " in text
    assert "input_dir" not in the_session(text)


def test_an_optional_parameter_is_set_by_removing_one_sign(skull):
    text = configuration(skull, URL)
    for name in ("frac", "make_mask", "atlas"):
        text = re.sub(rf"(?m)^( +)# ({name}: )", r"\1\2", text)
    settings_ = the_session(text)["input_settings"]
    assert settings_["frac"] == 0.5
    assert settings_["make_mask"] is False
    assert settings_["atlas"] == "/vip/Demo (group)/atlas.nii"


def test_every_commented_key_is_right_where_it_stands(skull):
    text = configuration(skull, URL)
    bare = re.sub(r"(?m)^( +)# ([a-z_]+: +\S)", r"\1\2", text)
    config = yaml.safe_load(bare)
    assert config["vip"]["max_transfers"] == 8
    session = config["sessions"]["SkullStrip"]
    assert session["get_status"] == ["Finished"]
    assert session["vip_input_dir"] == "/vip/Home/API/SkullStrip/INPUTS"


def test_a_pipeline_without_required_parameters_has_an_empty_mapping(skull_document):
    skull_document["inputs"] = skull_document["inputs"][2:3]
    descriptor = Descriptor.from_boutiques("a/1", skull_document)
    session = the_session(configuration(descriptor, URL))
    assert session == {"pipeline_id": "a/1", "input_settings": {}}


_HOSTILE = st.text() | st.sampled_from(
    [
        "a: b",
        "x # y",
        "'\"",
        "- [",
        "line\n  injected: true\n",
        "\r\nvip:",
        "\u2028x: y",
        "\x85z: 1",
        "{}%@`",
        "no",
        "1e3",
        "12:30:45",
        "~",
        "<p>a<br>b: c</p>",
        "{url}",
    ]
)


@patient
@given(
    _HOSTILE, _HOSTILE, _HOSTILE, _HOSTILE.filter(bool), st.sampled_from(["File", "Number", "Flag"])
)
def test_no_text_of_an_author_breaks_the_configuration(text, label, default, name, kind):
    document = {
        "description": text,
        "inputs": [
            {"id": "t1", "type": "File", "description": text, "name": label},
            {"id": name, "type": kind, "description": label, "default-value": default},
        ],
        "custom": {"vip:dot": [name, "t1"]},
    }
    descriptor = Descriptor.from_boutiques("My app+x/1 0", document)
    config = yaml.safe_load(configuration(descriptor, URL))
    assert set(config) == {"vip", "output_dir", "sessions"}
    assert set(config["vip"]) == {"url", "api_key"}
    session = config["sessions"]["My-app-x"]
    assert set(session) == {"pipeline_id", "input_dir", "input_settings"}
    assert session["pipeline_id"] == "My app+x/1 0"
    assert set(session["input_settings"]) <= {"t1", name}


@patient
@given(_HOSTILE)
def test_a_scalar_reads_as_its_text(text):
    line = f"{scalar(text)}: {scalar(text)}"
    assert "\n" not in line
    if len(text) < 100:  # YAML's limit for keys
        assert yaml.safe_load(line) == {text: text}


@patient
@given(_HOSTILE.filter(bool))
def test_a_session_is_named_as_vip_takes_it(text):
    descriptor = Descriptor.from_boutiques(text, {"inputs": []})
    assert names.is_session_name(session_name(descriptor))
