"""Names of executions: VIP takes them, they are unique, and tell which jobs run there."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.rest import names
from snakemake_vip.rules import naming
from snakemake_vip.rules.naming import Member

MEMBERS = st.lists(
    st.builds(
        Member,
        st.binary(max_size=2).map(lambda content: hashlib.sha256(content).hexdigest()),
        st.integers(1, 12),
    ),
    min_size=1,
    max_size=5,
)


@given(st.text(max_size=300), st.text(max_size=300), MEMBERS)
def test_a_name_is_taken_by_vip_and_read_back(rule, label, members):
    name = naming.execution_name(rule, label, members)
    assert names.is_execution_name(name)
    read = naming.read(name)
    assert read
    assert read.is_list == (len(members) > 1)
    if read.is_list:
        assert read.key == naming.key(members)
    else:
        assert members[0].digest.startswith(read.key)
        assert read.attempt == members[0].attempt


@given(MEMBERS, MEMBERS)
def test_other_jobs_or_attempts_have_another_key(some, others):
    assert (naming.key(some) == naming.key(others)) == (some == others)


def test_names_of_others_tell_nothing():
    assert naming.read("skull-a run-1 0123456789abcdef0123456789abcdef") is None
    assert naming.read("my own execution") is None
