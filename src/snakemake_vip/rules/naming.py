"""Names of executions that run jobs of rules, so that a machine without the journal finds them.

An execution of one job bears the job's digest. One of many bears the digest of a list of jobs,
which lies on VIP beside the claims: 255 characters hold no two hundred jobs.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snakemake_vip import durable
from snakemake_vip.rest import names

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN = 32
_REST = re.compile(r"[^0-9A-Za-z_-]+")
_OURS = re.compile(r".* (job|jobs-\d+)-([0-9a-f]{32})-(\d+)")


@dataclass(frozen=True)
class Member:
    """A job of an execution.

    Attributes
    ----------
    digest
        The job's.
    attempt
        Which attempt of the job it is, from 1.
    """

    digest: str
    attempt: int = 1


@dataclass(frozen=True)
class Name:
    """What an execution's name tells.

    Attributes
    ----------
    key
        Of one job the beginning of its digest, of many that of their list.
    is_list
        Whether it is many.
    attempt
        Of the one job.
    """

    key: str
    is_list: bool
    attempt: int


def key(members: Sequence[Member]) -> str:
    """Return what tells an execution from all others.

    Parameters
    ----------
    members
        Its jobs, in VIP's order.
    """
    if len(members) == 1:
        one = members[0]
        return shown(one.digest) + (f"-{one.attempt}" if one.attempt > 1 else "")
    return hashlib.sha256(listed(members).encode()).hexdigest()[:_SHOWN]


def shown(digest: str) -> str:
    """Return what of a job's digest stands in the name of its execution."""
    return digest[:_SHOWN]


def told(text: str) -> str:
    """Return a text in characters that VIP takes in a name."""
    return _REST.sub("-", text).strip("-") or "rule"


def listed(members: Sequence[Member]) -> str:
    """Return the list of an execution's jobs as it lies on VIP."""
    return durable.canonical([[member.digest, member.attempt] for member in members]) + "\n"


def is_list(text: str, key: str) -> bool:
    """Whether a text is, byte for byte, the list that an execution's key was made of."""
    return hashlib.sha256(text.encode()).hexdigest()[:_SHOWN] == key


def members(text: str) -> tuple[Member, ...]:
    """Return the jobs of an execution from their list."""
    return tuple(Member(str(digest), int(attempt)) for digest, attempt in json.loads(text))


def execution_name(rule: str, label: str, members: Sequence[Member]) -> str:
    """Return the name of an execution on VIP.

    Parameters
    ----------
    rule, label
        For people who look at the portal: the rule, and of a single job which it is.
    members
        Its jobs, in VIP's order.
    """
    alone = len(members) == 1
    if alone:
        end = f" job-{shown(members[0].digest)}-{members[0].attempt}"
    else:
        end = f" jobs-{len(members)}-{key(members)}-1"
    begin = f"{told(rule)} {told(label)}" if alone and label else told(rule)
    return begin[: names.EXECUTION_NAME_LIMIT - len(end)] + end


def read(name: str) -> Name | None:
    """Return what the name of an execution tells; none where it runs no jobs of rules."""
    found = _OURS.fullmatch(name)
    return Name(found[2], found[1] != "job", int(found[3])) if found else None
