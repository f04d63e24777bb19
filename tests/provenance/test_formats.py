"""Media types, entities and times of a crate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from snakemake_vip.provenance.formats import media_type
from snakemake_vip.provenance.graph import Graph, moment, refs


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("sub-01/T1.nii.gz", "application/x-nifti"),
        ("a.tar.gz", "application/gzip"),
        ("QC.PNG", "image/png"),
        ("volumes.tsv", "text/tab-separated-values"),
        ("brain.unheard", "application/octet-stream"),
        ("README", "application/octet-stream"),
    ],
)
def test_the_longest_ending_that_is_known_decides(name, wanted):
    assert media_type(name) == wanted


def test_an_entity_is_there_once_and_without_what_is_empty():
    graph = Graph()
    graph.add("#a", "Thing", name="one", url="", parts=[{"@id": "#b"}], size=0)
    assert graph.add("#a", "Thing", name="two") == {"@id": "#a"}
    wanted = {"@id": "#a", "@type": "Thing", "name": "one", "parts": {"@id": "#b"}, "size": 0}
    assert graph.entities() == [wanted]


@given(some.lists(some.sampled_from("abc")))
def test_references_keep_their_order_and_come_once(names):
    found = [entity["@id"] for entity in refs({"@id": name} for name in names)]
    assert found == list(dict.fromkeys(names))


def test_times_are_in_utc():
    assert moment(1795360722.8) == "2026-11-22T15:18:42+00:00"
