from __future__ import annotations

import dataclasses
import json

from snakemake_vip.pipelines.descriptor import Descriptor
from snakemake_vip.pipelines.show import as_json, describe


def test_everything_that_a_user_fills_in_is_shown(skull):
    text = describe(skull)
    required, _, rest = text.partition("Optional parameters")
    assert "  NAME      TYPE\n  t1_image  File\n      T1\n  label     String\n" in required
    assert rest.startswith(
        "\n"
        "  NAME       DEFAULT  TYPE\n"
        "  frac       0.5      Double, from 0 up to 1\n"
        "      Fraction\n"
        "  make_mask  false    Boolean\n"
        "  mode                String\n"
        "      One of: fast, exact\n"
    )
    assert "      Default: /vip/Demo (group)/atlas.nii\n" in rest
    assert "side by side, and must be equally long: t1_image, label" in " ".join(rest.split())
    assert "brain: <label>_<t1_image>_brain.tgz" in rest
    assert "without .nii.gz .nii of the values" in rest
    assert "Removes the skull.\nCite Doe 2020." in text


def test_text_fits_eighty_columns(skull_document):
    skull_document["description"] = "<p>" + "long words " * 60
    skull_document["inputs"][4]["value-choices"] = [f"choice-{i}" for i in range(60)]
    text = describe(Descriptor.from_boutiques("SkullStrip/2.1", skull_document))
    assert max(map(len, text.splitlines())) <= 80


def test_long_names_and_types_keep_the_table_in_its_columns(skull_document):
    skull_document["inputs"][0]["id"] = "t1" * 20
    skull_document["custom"] = {"vip:directoryInputs": {"t1" * 20: ["*.nii"] * 20}}
    text = describe(Descriptor.from_boutiques("SkullStrip/2.1", skull_document))
    assert max(map(len, text.splitlines())) <= 80
    assert "  label  String\n" in text


def test_a_hostile_description_cannot_move_the_cursor(skull_document):
    skull_document["inputs"][0]["name"] = "\x1b[2J\rgone"
    skull_document["inputs"][0]["description"] = "\x1b]0;title\x07"
    text = describe(Descriptor.from_boutiques("SkullStrip/2.1", skull_document))
    assert all(c == "\n" or c.isprintable() for c in text)


def test_what_the_platform_hides_is_said_to_be_unknown(skull):
    text = describe(dataclasses.replace(skull, outputs=None, zipped=None))
    assert "How several lists combine is not known" in " ".join(text.split())
    assert "Not known" in text


def test_groups_tell_what_they_demand(skull_document):
    skull_document["groups"] = [
        {"id": "g", "members": ["mode", "make_mask"], "mutually-exclusive": True},
        {"id": "h", "members": ["rounds"]},
    ]
    text = describe(Descriptor.from_boutiques("SkullStrip/2.1", skull_document))
    assert "At most one of: mode, make_mask." in text


def test_the_form_for_programs_is_json(skull):
    document = json.loads(json.dumps(as_json(skull)))
    frac = next(p for p in document["parameters"] if p["name"] == "frac")
    assert (frac["type"], frac["default"], frac["required"]) == ("Double", "0.5", False)
    assert (frac["minimum"], frac["maximum"]) == (0, 1)
    assert document["outputs"][0]["names"] == ["<label>_<t1_image>_brain.tgz"]
    assert document["zipped"] == ["t1_image", "label"]
