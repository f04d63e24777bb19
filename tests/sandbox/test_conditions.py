import pytest

from snakemake_vip.sandbox.conditions import holds

PARAMETERS = frozenset({"mode", "size", "mask"})
VALUES = {"mode": "fast", "size": 5}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("default", True),
        ("mode == fast", True),
        ("mode != fast", False),
        ("size > 4 and mode == fast", True),
        ("size < 4 or (mode == slow)", False),
        ("2 < size <= 5", True),
        ("size == -5", False),
        ('mode == "fast"', True),
        ("mask == true", False),
        ("mask != true", False),
    ],
)
def test_conditions_are_read(condition, expected):
    assert holds(condition, VALUES, PARAMETERS) is expected


@pytest.mark.parametrize(
    "condition", ["__import__('os')", "size +", "[1]", "size > 'a'", "a.b == 1"]
)
def test_nothing_else_is_run(condition):
    with pytest.raises(ValueError, match="condition"):
        holds(condition, VALUES, PARAMETERS)
