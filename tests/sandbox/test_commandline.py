import json
import shlex

import pytest
from boutiques import bosh

from snakemake_vip.sandbox.commandline import rendered

INPUTS = [
    {"id": "file", "name": "f", "type": "File", "value-key": "[FILE]"},
    {
        "id": "text",
        "name": "t",
        "type": "String",
        "value-key": "[TEXT]",
        "command-line-flag": "--text",
        "command-line-flag-separator": "=",
        "optional": True,
    },
    {
        "id": "number",
        "name": "n",
        "type": "Number",
        "value-key": "[NUMBER]",
        "command-line-flag": "-n",
        "optional": True,
    },
    {
        "id": "verbose",
        "name": "v",
        "type": "Flag",
        "value-key": "[VERBOSE]",
        "command-line-flag": "-v",
        "optional": True,
    },
    {
        "id": "items",
        "name": "i",
        "type": "String",
        "value-key": "[ITEMS]",
        "list": True,
        "list-separator": ",",
        "command-line-flag": "--items",
        "optional": True,
    },
    {
        "id": "numbers",
        "name": "ns",
        "type": "Number",
        "value-key": "[NUMS]",
        "list": True,
        "optional": True,
    },
]
OUTPUTS = [
    {
        "id": "image",
        "name": "o",
        "path-template": "out/[FILE]_brain.nii.gz",
        "path-template-stripped-extensions": [".nii.gz", ".nii"],
        "value-key": "[IMAGE]",
        "command-line-flag": "-o",
    },
    {"id": "report", "name": "r", "path-template": "[TEXT]-[NUMBER].txt", "optional": True},
    {
        "id": "log",
        "name": "l",
        "path-template": "[IMAGE].log",
        "value-key": "[LOG]",
    },
]
DESCRIPTOR = {
    "name": "Tool",
    "tool-version": "1",
    "description": "d",
    "schema-version": "0.5",
    "command-line": "tool [VERBOSE] [TEXT] [NUMBER] [ITEMS] [NUMS] [FILE] [IMAGE] > [LOG]",
    "inputs": INPUTS,
    "output-files": OUTPUTS,
}
CASES = [
    {"file": "a.nii.gz"},
    {"file": "a b.nii", "text": "it's", "number": 3},
    {"file": "sub/a.nii", "text": "x", "number": 0.5, "verbose": True},
    {"file": "x.nii.gz", "verbose": False, "items": ["a", "b c"]},
    {"file": "x.nii.gz", "numbers": [1, 2.5], "number": 0},
    {"file": "$(touch x).nii", "text": "a;b&c"},
    {"file": "a.nii_b.nii.gz", "text": ""},
]


def by_bosh(descriptor, values, folder, capsys, monkeypatch):
    """Return the command line that Boutiques' own tool makes of it."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))
    (folder / "descriptor.json").write_text(json.dumps(descriptor))
    (folder / "invocation.json").write_text(json.dumps(values))
    capsys.readouterr()
    bosh(["exec", "simulate", "descriptor.json", "-i", "invocation.json"])
    return capsys.readouterr().out.strip().splitlines()[-1]


@pytest.mark.parametrize("values", CASES)
def test_the_command_line_is_the_one_of_boutiques(values, tmp_path, capsys, monkeypatch):
    # bosh puts quotes into the name of an output that is made of another output's quoted name
    outputs = [o for o in OUTPUTS if o["id"] != "log" or " " not in values["file"]]
    command = DESCRIPTOR["command-line"].replace(" > [LOG]", "" if len(outputs) < 3 else " > [LOG]")
    described = {**DESCRIPTOR, "output-files": outputs, "command-line": command}
    ours = rendered(described, values).command
    theirs = by_bosh(described, values, tmp_path, capsys, monkeypatch)
    assert shlex.split(ours) == shlex.split(theirs)


def test_an_absent_value_goes_with_the_blank_before_it():
    assert rendered(DESCRIPTOR, CASES[0]).command == (
        "tool a.nii.gz -o out/a_brain.nii.gz > out/a_brain.nii.gz.log"
    )


def test_paths_lose_extensions_and_folders():
    outputs = rendered(DESCRIPTOR, {"file": "sub/a.nii.gz", "text": "t", "number": 2}).outputs
    assert outputs == {
        "image": "out/a_brain.nii.gz",
        "report": "t-2.txt",
        "log": "out/a_brain.nii.gz.log",
    }


def test_a_value_that_looks_like_a_key_is_not_replaced_again():
    command = rendered(DESCRIPTOR, {"file": "a.nii", "text": "[FILE]"}).command
    assert "--text='[FILE]'" in command


def test_a_conditional_path_is_chosen_by_its_condition():
    output = {
        "id": "o",
        "name": "o",
        "conditional-path-template": [
            {"number > 3": "big_[FILE]"},
            {"default": "small_[FILE]"},
        ],
    }
    chosen = {**DESCRIPTOR, "output-files": [output], "command-line": "tool [FILE]"}
    assert rendered(chosen, {"file": "a", "number": 4}).outputs == {"o": "big_a"}
    assert rendered(chosen, {"file": "a", "number": 3}).outputs == {"o": "small_a"}
    assert rendered(chosen, {"file": "a"}).outputs == {"o": "small_a"}


def test_configuration_files_are_filled_and_lines_of_absent_values_left_empty():
    output = {
        "id": "config",
        "name": "c",
        "path-template": "conf/[FILE].cfg",
        "value-key": "[CONFIG]",
        "file-template": ["file=[FILE]", "number=[NUMBER]", "end"],
    }
    described = {**DESCRIPTOR, "output-files": [output], "command-line": "tool [CONFIG]"}
    rendering = rendered(described, {"file": "a b"})
    assert rendering.files == {"conf/a b.cfg": "file='a b'\n\nend"}
    assert rendering.command == "tool 'conf/a b.cfg'"


def test_environment_variables_may_hold_values():
    described = {
        **DESCRIPTOR,
        "environment-variables": [{"name": "SUBJECT", "value": "s [TEXT]"}],
    }
    assert rendered(described, {"file": "a", "text": "x y"}).environment == {"SUBJECT": "s x y"}
