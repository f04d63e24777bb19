import json

import pytest

from snakemake_vip.sandbox.descriptors import DescriptorError, Pipeline, load
from snakemake_vip.sandbox.invocation import InvocationError, typed

GOOD = {
    "name": "Good",
    "tool-version": "1.0",
    "description": "d",
    "schema-version": "0.5",
    "command-line": "echo [A] [N] [F] [L]",
    "inputs": [
        {"id": "a", "name": "a", "type": "String", "value-key": "[A]", "value-choices": ["x", "y"]},
        {
            "id": "n",
            "name": "n",
            "type": "Number",
            "value-key": "[N]",
            "minimum": 1,
            "optional": True,
            "default-value": 2,
        },
        {
            "id": "f",
            "name": "f",
            "type": "Flag",
            "value-key": "[F]",
            "command-line-flag": "-f",
            "optional": True,
            "description": "a flag",
        },
        {
            "id": "l",
            "name": "l",
            "type": "Number",
            "integer": True,
            "list": True,
            "value-key": "[L]",
            "optional": True,
        },
    ],
}


def written(folder, **contents):
    for name, content in contents.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / f"{name}.json").write_text(text)
    return folder


def test_the_identifier_is_name_and_version(tmp_path):
    assert list(load([written(tmp_path, good=GOOD)])) == ["Good/1.0"]


def test_every_fault_of_every_file_is_told_at_once(tmp_path):
    inputs = [{**GOOD["inputs"][0], "type": "Text"}]
    unused = {**GOOD, "name": "Unused", "command-line": "echo [A] [N] [F]"}
    unknown = {**GOOD, "name": "Unknown", "custom": {"vip:dot": ["a", "zz", "results-directory"]}}
    written(
        tmp_path,
        broken="{",
        typo={**GOOD, "inputs": inputs},
        list=[1],
        unused=unused,
        unknown=unknown,
        missing={k: v for k, v in GOOD.items() if k != "name"},
    )
    with pytest.raises(DescriptorError) as caught:
        load([tmp_path, tmp_path / "nowhere"])
    text = str(caught.value)
    assert "broken.json: cannot be read as JSON" in text
    assert "typo.json: inputs[0].type: 'Text' is not one of" in text
    assert "list.json: is not a JSON object" in text
    assert 'unused.json: KeyError: "[L]" not in command-line' in text
    assert "unknown.json: custom.vip:dot: no input has the id 'zz'" in text
    assert "results-directory" not in text  # VIP adds it to every pipeline
    assert "missing.json: $: 'name' is a required property" in text
    assert "nowhere: no such folder" in text


def test_the_same_pipeline_twice_is_a_fault(tmp_path):
    with pytest.raises(DescriptorError, match=r"b\.json: there is already a pipeline Good/1\.0"):
        load([written(tmp_path, a=GOOD, b=GOOD)])


def test_the_descriptor_stays_as_it_was_written(tmp_path):
    assert load([written(tmp_path, good=GOOD)])["Good/1.0"].descriptor == GOOD


def test_parameters_have_vips_types():
    parameters = Pipeline(GOOD).definition()["parameters"]
    assert [(p["name"], p["type"], p["defaultValue"], p["isOptional"]) for p in parameters] == [
        ("a", "String", None, False),
        ("n", "Double", 2, True),
        ("f", "Boolean", None, True),
        ("l", "List", None, True),
    ]
    assert list(parameters[2]) == [
        "name",
        "type",
        "defaultValue",
        "description",
        "isOptional",
        "isReturnedValue",
    ]


def test_texts_become_what_the_descriptor_asks_for():
    texts = {"a": "x", "n": "1.0E1", "f": "TRUE", "l": "4"}
    assert typed(Pipeline(GOOD), texts) == {"a": "x", "n": 10.0, "f": True, "l": [4]}


def test_any_other_text_than_true_turns_a_flag_off():
    assert typed(Pipeline(GOOD), {"a": "x", "f": "yes"})["f"] is False


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ({"a": "z"}, "'z' is not one of"),
        ({"a": "x", "n": "many"}, "n: 'many' is not a number"),
        ({"a": "x", "n": "0"}, "0 is less than the minimum of 1"),
        ({"a": "x", "l": "1.5"}, "1.5 is not of type 'integer'"),
        ({}, "'a' is a required property"),
    ],
)
def test_values_that_do_not_fit_are_named(texts, told):
    with pytest.raises(InvocationError, match=told):
        typed(Pipeline(GOOD), texts)
