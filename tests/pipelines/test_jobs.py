from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.pipelines.descriptor import Descriptor, Parameter, ParameterType
from snakemake_vip.pipelines.jobs import count, jobs, order_is_known
from snakemake_vip.pipelines.request import Request, as_values


def pipeline(names: str, zipped: tuple[str, ...] | None = (), **more) -> Descriptor:
    parameters = tuple(Parameter(name, ParameterType.STRING, optional=True) for name in names)
    return Descriptor("a/1", "a", "1", parameters=parameters, outputs=(), zipped=zipped, **more)


def request(**values: str | tuple[str, ...]) -> Request:
    return Request("a/1", values, {})


def test_single_values_make_one_job():
    assert jobs(request(a="1", b="2"), pipeline("ab")) == ({"a": "1", "b": "2"},)


def test_a_pipeline_without_inputs_makes_one_job():
    assert count(request(), pipeline("")) == 1


def test_lists_are_crossed():
    found = jobs(request(a=("1", "2"), b=("x", "y")), pipeline("ab"))
    assert [job["a"] + job["b"] for job in found] == ["1x", "1y", "2x", "2y"]


def test_zipped_lists_are_read_side_by_side_and_change_slowest():
    found = jobs(
        request(a=("1", "2"), b=("x", "y"), c=("p", "q")), pipeline("abc", zipped=("b", "c"))
    )
    assert [job["b"] + job["c"] + job["a"] for job in found] == ["xp1", "xp2", "yq1", "yq2"]


def test_defaults_are_filled_in():
    parameter = Parameter("a", ParameterType.STRING, default="d")
    descriptor = Descriptor("a/1", "a", "1", parameters=(parameter,), outputs=(), zipped=())
    assert jobs(request(), descriptor) == ({"a": "d"},)


def test_an_integer_stands_for_its_iterations():
    descriptor = pipeline("ab", integer_inputs=("a",))
    assert [job["a"] for job in jobs(request(a="3", b="x"), descriptor)] == ["0", "1", "2"]


def test_counting_makes_no_jobs():
    descriptor = pipeline("abc", integer_inputs=("a",))
    many = tuple(map(str, range(10_000)))
    assert count(request(a="1000000000", b=many, c=many), descriptor) == 10**17


def test_an_overridden_input_is_crossed_with_its_source_as_vip_does():
    descriptor = pipeline("a", overridden={"copy": "a"})
    assert count(request(a=("1", "2")), descriptor) == 4
    zipped = pipeline("a", zipped=("a", "copy"), overridden={"copy": "a"})
    assert jobs(request(a=("1", "2")), zipped) == ({"a": "1", "copy": "1"}, {"a": "2", "copy": "2"})


def test_without_a_descriptor_several_lists_make_an_unknown_number():
    unknown = pipeline("ab", zipped=None)
    assert count(request(a=("1", "2"), b="x"), unknown) == 2
    assert count(request(a=("1", "2"), b=("x", "y")), unknown) is None
    assert jobs(request(a=("1", "2"), b=("x", "y")), unknown) == ()


def test_a_folder_on_vip_makes_an_unknown_number():
    assert count(Request("a/1", {"a": "/vip/x"}, {}, open_ended=("a",)), pipeline("a")) is None


@pytest.mark.parametrize(
    ("values", "known"),
    [
        ({"a": ("1", "2"), "b": ("1", "2")}, True),
        ({"a": ("1", "2"), "b": ("1", "2"), "c": ("1", "2")}, True),
        ({"c": ("1", "2"), "d": ("1", "2")}, False),
    ],
)
def test_the_order_is_known_but_for_several_crossed_lists(values, known):
    assert order_is_known(request(**values), pipeline("abcd", zipped=("a", "b"))) is known


@given(
    st.integers(1, 4),
    st.dictionaries(st.sampled_from("cdef"), st.integers(1, 4)),
    st.integers(0, 2),
)
def test_jobs_agree_with_brute_force(length, crossed, zipped):
    values = {name: tuple(f"{name}{i}" for i in range(length)) for name in "ab"[:zipped]}
    values |= {name: tuple(f"{name}{i}" for i in range(n)) for name, n in crossed.items()}
    rows = list(zip(*(values[name] for name in "ab"[:zipped]), strict=True)) if zipped else [()]
    others = sorted(crossed)
    expected = {
        frozenset((*row, *rest))
        for row in rows
        for rest in itertools.product(*(values[name] for name in others))
    }
    asked = request(**{name: as_values(v) for name, v in values.items()})
    descriptor = pipeline("abcdef", zipped=("a", "b"))
    found = jobs(asked, descriptor)
    assert len(found) == len(expected) == count(asked, descriptor)
    assert {frozenset(job.values()) for job in found} == expected
