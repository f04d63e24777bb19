from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.errors import VipError
from snakemake_vip.pipelines.descriptor import Descriptor, ParameterType
from snakemake_vip.rest.models import PipelineDefinition


def test_parameters_have_the_types_of_the_rest_api(skull):
    assert [parameter.type for parameter in skull.parameters] == [
        ParameterType.FILE,
        ParameterType.STRING,
        ParameterType.NUMBER,
        ParameterType.BOOLEAN,
        ParameterType.STRING,
        ParameterType.INTEGER,
        ParameterType.FILE,
    ]


def test_only_what_has_neither_default_nor_option_is_required(skull):
    assert [p.name for p in skull.parameters if p.required] == ["t1_image", "label"]


def test_the_identifier_is_the_platforms_and_not_the_authors(skull):
    assert (skull.identifier, skull.name, skull.version) == (
        "SkullStrip/2.1-1",
        "SkullStrip",
        "2.1",
    )


def test_vips_additions_are_read(skull):
    assert skull.zipped == ("t1_image", "label")
    assert skull.results_suffix is None
    assert skull.error_codes == {3: "No brain found"}
    assert skull.container == "example/strip:2.1"


@pytest.mark.parametrize("default", [None, "$input.getDefaultValue()", "No_value_provided"])
def test_old_markers_for_no_default_are_no_default(skull_document, default):
    skull_document["inputs"][1]["default-value"] = default
    descriptor = Descriptor.from_boutiques("a/1", skull_document)
    assert descriptor.parameter("label").required


def test_an_empty_default_is_a_default(skull_document):
    skull_document["inputs"][1]["default-value"] = ""
    assert not Descriptor.from_boutiques("a/1", skull_document).parameter("label").required


def test_an_overridden_input_is_hidden_and_remembered(skull_document):
    skull_document["custom"] = {"vip:overriddenInputs": {"atlas": "t1_image"}}
    descriptor = Descriptor.from_boutiques("a/1", skull_document)
    assert descriptor.parameter("atlas") is None
    assert descriptor.overridden == {"atlas": "t1_image"}
    assert [p.name for p in descriptor.hidden] == ["atlas"]


def test_an_empty_results_suffix_is_not_the_same_as_none(skull_document):
    skull_document["custom"] = {"vip:resultsDirectorySuffix": ""}
    assert Descriptor.from_boutiques("a/1", skull_document).results_suffix == ""


def test_conditional_outputs_have_several_templates():
    document = {
        "inputs": [],
        "output-files": [
            {"id": "o", "conditional-path-template": [{"[A] > 1": "big.nii"}, {"default": "x.nii"}]}
        ],
    }
    descriptor = Descriptor.from_boutiques("a/1", document)
    assert descriptor.outputs[0].templates == ("big.nii", "x.nii")


def test_what_is_null_counts_as_left_out():
    document = {
        "name": None,
        "tool-version": None,
        "custom": None,
        "container-image": None,
        "output-files": None,
        "groups": None,
        "inputs": [{"id": "a", "type": "Number", "optional": None, "list": None, "minimum": None}],
    }
    descriptor = Descriptor.from_boutiques("my app/1.0", document)
    assert (descriptor.name, descriptor.version) == ("my app", "1.0")
    assert descriptor.parameter("a").required
    assert descriptor.outputs == ()


@pytest.mark.parametrize("document", [{}, {"errorCode": 8000}, [], "<html>"])
def test_what_is_no_descriptor_is_refused_with_its_name(document):
    with pytest.raises(VipError, match=r"SkullStrip/2\.1"):
        Descriptor.from_boutiques("SkullStrip/2.1", document)


def test_an_input_without_id_is_refused(skull_document):
    del skull_document["inputs"][2]["id"]
    with pytest.raises(VipError, match="number 3 of inputs"):
        Descriptor.from_boutiques("a/1", skull_document)


_ODD = [None, True, False, 0, -1, 0.5, 10**30, "", "true", "1e3", "Flag", "é\n#"]
_JSON = st.sampled_from(
    [*_ODD, _ODD, [], [["a"]], {}, {"a": "b"}, {"x": {"patterns": ["*"]}}, {"x": None}]
)
_FIELDS = st.dictionaries(
    st.sampled_from(
        ["type", "optional", "list", "default-value", "value-choices", "minimum", "integer", "name"]
    ),
    _JSON,
)


@given(_FIELDS, st.dictionaries(st.sampled_from(["vip:dot", "vip:directoryInputs"]), _JSON))
def test_odd_fields_never_break_the_reading(fields, custom):
    document = {"inputs": [fields | {"id": "x"}], "custom": custom, "groups": [fields]}
    assert Descriptor.from_boutiques("a/1", document).parameter("x") is not None


def test_a_definition_tells_types_and_no_outputs():
    definition = PipelineDefinition.read(
        {
            "identifier": "SkullStrip/2.1",
            "parameters": [
                {"name": "t1", "type": "File", "isOptional": False, "defaultValue": None},
                {"name": "xyz", "type": "List", "isOptional": True, "defaultValue": None},
                {"name": "mask", "type": "Boolean", "isOptional": False, "defaultValue": "false"},
            ],
        }
    )
    descriptor = Descriptor.from_definition(definition)
    assert not descriptor.is_complete
    assert descriptor.outputs is None
    assert descriptor.zipped is None
    assert [p.required for p in descriptor.parameters] == [True, False, False]
    assert descriptor.parameter("xyz").is_list
