"""Each kind of fault on each kind of request that a study makes, alone and many at once.

Alone, a fault strikes the first request of its kind, or the last, or all of them; many at once
strike at random. What must hold: the study is done right, or ends with an error that names the
cause; nothing wrong has a final name, and no request has two executions; and once VIP is well again
the next process ends right, doing nothing where all was done.
"""

from __future__ import annotations

import random
import re
import time

import pytest

FIRST, LAST, ALL = "first", "last", "all"
SEEDS = 200

# Kind to the fault, and what an error must say that it leads to.
ANY = {
    "500": ({"kind": "error"}, "HTTP 500"),
    "refused": ({"kind": "error", "status": 400}, r"refused \(HTTP 400\)"),
    "502": ({"kind": "page", "status": 502}, "HTTP 502"),
    "503": ({"kind": "page", "status": 503}, "HTTP 503"),
    "page": ({"kind": "page", "status": 200}, "what answers is not VIP"),
    "reset": ({"kind": "reset"}, "could not be reached"),
    "401": ({"kind": "unauthorized"}, "VIP refused the API key"),
    "truncated": ({"kind": "truncate", "size": 3}, "could not be reached|bytes came"),
    "stalled": ({"kind": "stall", "size": 1, "seconds": 9}, "could not be reached"),
    "slow": ({"kind": "slow", "seconds": 0.3, "rate": 100_000}, "never an error"),
    "endless": ({"kind": "slow", "seconds": 1.1}, "could not be reached"),
}
HIDDEN = {
    f"{name}, done": ({**ANY[name][0], "when": "after"}, ANY[name][1])
    for name in ("500", "refused", "502", "page", "reset")
}
LATE = {"late": ({"kind": "late", "seconds": 0.3}, r"refused \(HTTP 400\)")}
SHORT = {
    "short": ({"kind": "short", "size": 3}, "3 bytes of it"),
    "nothing stored": ({"kind": "ignore", "status": 201}, "does not list it"),
}
DROPPED = {"not deleted": ({"kind": "ignore", "status": 204}, "did not delete")}
FULL = {"full": ({"kind": "error", "status": 400, "code": 2001}, "never an error")}
STATUS = {
    name: ({"kind": "status", "statuses": statuses}, "never an error")
    for name, statuses in {
        "unknown": ["Unknown"],
        "ready": ["Ready"],
        "initializing": ["Initializing"],
        "killed": ["Killed"],
        "flapping": ["Killed", "Unknown", "Killed"],
    }.items()
}
UNTOLD = {
    name: ({"kind": "untold", "members": members}, "never an error")
    for name, members in {
        "no results yet": ["returnedFiles"],
        "no jobs yet": ["jobs"],
        "nothing yet": ["inputValues", "returnedFiles", "jobs"],
    }.items()
}
CHANGE = ANY | HIDDEN

# Request to the study that makes it, its method and path, and the kinds of fault that it can meet.
REQUESTS = {
    "pipeline": ("new", "GET", "^/rest/pipelines", ANY),
    "platform": ("new", "GET", "^/rest/platform", ANY),
    "list": ("new", "GET", "action=list", ANY),
    "exists": ("new", "GET", "action=exists", ANY),
    "properties": ("new", "GET", "action=properties", ANY),
    "mkdir": ("new", "PUT", r"^/rest/path.*(?<!\.txt)$", CHANGE | LATE),
    "upload": ("replaced", "PUT", r"INPUTS.*\.txt$", CHANGE | LATE | SHORT),
    "claim": ("new", "PUT", r"claims/\w+\.txt$", CHANGE | LATE | SHORT),
    "read back": ("replaced", "GET", "INPUTS.*action=content", ANY | LATE),
    "replace": ("replaced", "DELETE", r"\.txt$", CHANGE | DROPPED),
    "delete": ("new", "DELETE", "PUTS$", CHANGE | DROPPED),
    "launch": ("new", "POST", "^/rest/executions$", CHANGE | LATE | FULL),
    "executions": ("new", "GET", "^/rest/executions$", ANY | STATUS),
    "execution": ("new", "GET", "^/rest/executions/[^/]+$", ANY | STATUS | UNTOLD),
    "download": ("new", "GET", "OUTPUTS/run-.*action=content", ANY | LATE),
    "log": ("failing", "GET", "/jobs/", ANY),
    "kill": ("cancelled", "PUT", "/kill$", CHANGE),
}
PASSING = {"full", *STATUS, *UNTOLD}
"""Kinds that a study waits out however long they last: they strike a few times only."""

CASES = [(request, kind) for request, (*_, kinds) in REQUESTS.items() for kind in kinds]
BLOCKS, RANDOM_BLOCKS = 24, 10
SAMPLED = CASES[5::17]


def _fault(request, kind, where, met):
    """Return the fault that strikes a request where it is to, or none where that is none new."""
    _, method, path, kinds = REQUESTS[request]
    fault = {**kinds[kind][0], "method": method, "path": path}
    if where == ALL and kind in UNTOLD:
        return None  # what lasts is believed; what is shorter is like the first
    if where == ALL:
        times = len(fault.get("statuses", "xx")) if kind in PASSING else 0
        return {**fault, "times": times}
    if where == LAST:
        # How often a study looks whether something is gone, or over, depends on the moment.
        sure = 1 if request in {"exists", "executions"} else met - 1
        return {**fault, "skip": sure} if met > sure > 0 else None
    return fault


def _met(lab, design):
    """Return how many requests of each kind a study makes that meets no fault."""
    trial = lab.study(design)
    lab.endpoint.portal.activity.exchanges.clear()
    assert trial.ends_right(trial.run()) == []
    asked = [
        (one.method, one.path + (f"?{one.query}" if one.query else ""))
        for one in lab.endpoint.portal.activity.exchanges
    ]
    return {
        request: sum(verb == method and bool(re.search(path, target)) for verb, target in asked)
        for request, (of, method, path, _) in REQUESTS.items()
        if of == design
    }


def _disturb(lab, design, faults, told, ends_at_once=False):
    """Run a study that meets faults, then another process that meets none; say what is wrong."""
    trial = lab.study(design)
    exchanges, board = lab.endpoint.portal.activity.exchanges, lab.endpoint.portal.faults
    for fault in faults:
        lab.control("POST", "faults", json=fault)
    exchanges.clear()
    is_silent = any(fault.get("seconds", 0) > 1 for fault in faults)
    first = trial.run(impatient=is_silent, orderly=ends_at_once)
    found = [] if any(one["struck"] for one in board.listing()) else ["missed: no fault struck"]
    lab.control("DELETE", "faults")
    # VIP is well again once what it does late is done: it could make anew what is being deleted.
    lab.settle("late")
    if ends_at_once:
        found += _went_on(list(exchanges))
    found += trial.broken()
    is_done = trial.ends_right(first) == []
    if not is_done:
        found += _unexplained(first, told)
    healed = time.time()
    found += trial.ends_right(trial.run())
    changes = [
        f"{one.method} {one.path}" for one in exchanges if one.method != "GET" and one.time > healed
    ]
    if is_done and changes:
        found.append(f"twice: all was done, and then {changes}")
    return found


def _went_on(exchanges):
    """Return what was asked after a 401; threads that had been asking may have ended theirs."""
    refused = min(one.time + one.seconds for one in exchanges if one.status == 401)
    return [
        f"wrong: after a 401 it asked for {one.method} {one.path}"
        for one in exchanges
        if one.time > refused + (0.05 if one.method != "GET" else 0.5)
    ]


def _unexplained(end, told):
    """Return what is wrong with an end that is not a good one."""
    if end["end"] in {"traceback", "stuck"}:
        return [f"{end['end']}: {end['text']}"]
    if end["code"] != 1 or not re.search(told, end["text"]):
        return [f"wrong: {end['end']} ({end['code']}), not {told!r}: {end['text']}"]
    return []


def _try(lab, cases, tally, places=(FIRST, LAST, ALL)):
    met = {}
    bad = []
    for request, kind in cases:
        design, _, _, kinds = REQUESTS[request]
        if design not in met:
            met[design] = _met(lab, design)
        for where in places:
            fault = _fault(request, kind, where, met[design][request])
            if fault is None:
                continue
            at_once = kind == "401" and request != "log"
            found = _disturb(lab, design, [fault], kinds[kind][1], at_once)
            bad += [f"{kind} on {where} {request}: {item}" for item in found]
            tally("fault cases", request, found)
    assert not bad, "\n".join(bad)


@pytest.mark.matrix
@pytest.mark.parametrize("block", range(BLOCKS))
def test_each_fault_on_each_request_is_overcome_or_told(lab, block, tally):
    _try(lab, CASES[block::BLOCKS], tally)


def test_a_fault_is_overcome_or_told(lab, tally):
    _try(lab, SAMPLED, tally, [FIRST])


def _at_random(seed):
    """Return a study and some faults that strike it at random."""
    dice = random.Random(seed)
    design = dice.choice(["new", "replaced", "shared"])
    faults, causes = [], []
    for _ in range(dice.randint(2, 6)):
        request, kind = dice.choice(CASES)
        _, method, path, kinds = REQUESTS[request]
        fault, told = kinds[kind]
        most = 1 if kind in UNTOLD else 2 if kind in PASSING else 4
        times = dice.randint(1, most)
        faults.append(
            {
                **fault,
                "method": method,
                "path": path,
                "times": times,
                "skip": dice.randint(0, 3),
                "probability": dice.choice([0.2, 0.5, 1]),
                "seed": dice.randint(0, 1 << 30),
            }
        )
        causes.append(told)
    return design, faults, "|".join(causes)


def _try_at_random(lab, seeds, tally):
    bad = []
    for seed in seeds:
        design, faults, told = _at_random(seed)
        found = _disturb(lab, design, faults, told)
        found = [item for item in found if not item.startswith("missed")]
        bad += [f"seed {seed}: {item}" for item in found]
        tally("random faults", design, found)
    assert not bad, "\n".join(bad)


@pytest.mark.matrix
@pytest.mark.parametrize("block", range(RANDOM_BLOCKS))
def test_many_faults_at_random_are_overcome_or_told(lab, block, tally):
    _try_at_random(lab, range(block, SEEDS, RANDOM_BLOCKS), tally)


def test_some_faults_at_random_are_overcome_or_told(lab, tally):
    _try_at_random(lab, range(2), tally)
