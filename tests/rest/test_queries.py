"""Files on VIP as a workflow names them."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.errors import UsageError
from snakemake_vip.rest import names, queries

PARTS = st.lists(st.text(min_size=1).filter(lambda text: "/" not in text), min_size=1)


@given(PARTS)
def test_what_is_accepted_is_stored_under_the_name_that_was_asked_for(parts):
    text = "vip:///vip/Home/" + "/".join(parts)
    if queries.fault(text) is None:
        path = queries.path(text)
        assert names.cleaned_path(path) == path
        assert path.is_relative_to(names.HOME)
        assert path != names.HOME
        assert queries.path(queries.query(path)) == path


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("vip://vip/Home/a", "write vip:///vip/Home/a"),
        ("vip:///Home/a", "your own folder is vip:///vip/Home"),
        ("vip:///vip/Home", "vip:///vip/Home/<name>"),
        ("vip:///vip/Home/a b.nii", "'a_b.nii'"),
        ("vip:///vip/Home/\u00e9t\u00e9/x", "'ete'"),
        ("vip:///vip/Home/\u65e5/x", "letters and digits"),
        ("vip:///vip/Home/a/../../x", "no part '..'"),
        ("s3://bucket/key", "begin with vip:///vip/"),
    ],
)
def test_a_fault_is_told_with_what_would_be_right(text, advice):
    assert advice in (queries.fault(text) or "")
    with pytest.raises(UsageError, match="names nothing on VIP"):
        queries.path(text)


def test_the_folder_of_a_group_may_have_blanks_as_vip_itself_names_it():
    path = queries.path("vip:///vip/Demo Apps (group)/atlas.nii")
    assert path == PurePosixPath("/vip/Demo Apps (group)/atlas.nii")


def test_slashes_too_many_change_nothing():
    assert queries.path("vip:////vip/Home//a/") == PurePosixPath("/vip/Home/a")
