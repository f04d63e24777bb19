"""The journal tells the same, however it was written, cut short or read."""

from __future__ import annotations

import threading

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snakemake_vip import durable
from snakemake_vip.executions.journal import Journal
from snakemake_vip.executions.state import Launch, Plan, State, Upload, fold
from snakemake_vip.rest.models import Execution, Job, Status

TEXT = st.text(max_size=20)
VALUES = st.dictionaries(TEXT, st.one_of(TEXT, st.lists(TEXT, max_size=3).map(tuple)), max_size=3)
COUNT = st.integers(1, 4)
SAME_FILE = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)


@st.composite
def plans(draw):
    parts = draw(COUNT)
    names = tuple(f"{draw(TEXT)} {number}" for number in range(parts))
    return Plan(
        draw(TEXT),
        draw(COUNT),
        names,
        draw(VALUES),
        tuple(draw(st.lists(VALUES, min_size=parts, max_size=parts))),
    )


@st.composite
def executions(draw):
    return Execution(
        identifier=draw(TEXT),
        name=draw(TEXT),
        pipeline=draw(TEXT),
        status=draw(st.sampled_from(Status)),
        start=draw(st.none() | st.floats(0, 1e10)),
        inputs=draw(st.dictionaries(TEXT, TEXT, max_size=3)),
        outputs=draw(st.dictionaries(TEXT, st.lists(TEXT, max_size=3).map(tuple), max_size=3)),
        jobs=tuple(
            draw(st.lists(st.builds(Job, COUNT, TEXT, st.integers(-1, 60), TEXT), max_size=3))
        ),
    )


def _launch(plan, part, **more):
    return Launch(
        name=plan.names[part - 1],
        request=plan.request,
        run=plan.run,
        part=part,
        pipeline="p/1",
        results="/vip/Home/r",
        intended=0.0,
        values=plan.parts[part - 1],
        **more,
    )


@SAME_FILE
@given(plan=plans(), execution=executions(), generation=COUNT, users=st.sets(TEXT, max_size=3))
def test_what_was_written_is_read(tmp_path, plan, execution, generation, users):
    path = tmp_path / "journal.jsonl"
    path.unlink(missing_ok=True)
    journal = Journal(path)
    journal.uploaded(Upload(generation, "f"))
    journal.planned(plan)
    journal.launching(_launch(plan, 1))
    journal.launched(plan.names[0], execution.identifier)
    journal.seen(plan.names[0], execution)
    journal.ended(plan.names[0], execution)
    for user in users:
        journal.used(user)
    state = journal.read()
    assert state.upload == Upload(generation, "f")
    assert state.plan(plan.run) == plan
    (one,) = state.of_run(plan.run)
    assert (one.execution, one.ended, one.status) == (
        execution.identifier,
        execution,
        execution.status,
    )
    assert one.values == plan.parts[0]
    assert state.users == users
    assert state.is_launched(plan.run) == (len(plan.names) == 1 and bool(execution.identifier))


@SAME_FILE
@given(plan=plans(), execution=executions(), cut=st.integers(0, 5000))
def test_a_journal_that_was_cut_short_tells_what_came_before(tmp_path, plan, execution, cut):
    path = tmp_path / "journal.jsonl"
    path.unlink(missing_ok=True)
    journal = Journal(path)
    journal.uploaded(Upload(1, "f"))
    journal.planned(plan)
    for number, name in enumerate(plan.names, 1):
        journal.launching(_launch(plan, number))
        journal.launched(name, f"workflow-{number}")
        journal.ended(name, execution)
    journal.removed("outputs")
    whole = path.read_bytes()
    kept = whole[: cut % (len(whole) + 1)]
    path.write_bytes(kept)
    state = journal.read()
    assert state == fold(durable.read(path))
    journal.uploaded(Upload(2, "g"))
    assert journal.read().upload == Upload(2, "g")
    before = [line for line in kept.split(b"\n")[:-1] if line]
    assert len(state.launches) == sum(b'"event":"launching"' in line for line in before)


def test_no_journal_is_the_beginning(tmp_path):
    assert Journal(tmp_path / "none").read() == State()


def test_events_of_a_later_version_change_nothing(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")
    journal.uploaded(Upload(1, "f"))
    before = journal.read()
    durable.append(tmp_path / "journal.jsonl", [{"event": "balanced", "name": "x"}, {"other": 1}])
    assert journal.read() == before


def test_news_of_a_launch_whose_beginning_was_lost_change_nothing(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")
    journal.launched("nobody", "workflow-1")
    journal.refused("nobody", "why")
    assert journal.read() == State()


def _planned(tmp_path, names=("n",)):
    journal = Journal(tmp_path / "journal.jsonl")
    plan = Plan("r", 1, names, {"x": "1"}, ({"x": "1"},) * len(names))
    journal.planned(plan)
    return journal, plan


def test_an_intention_counts_from_its_last_try(tmp_path):
    journal, plan = _planned(tmp_path)
    journal.launching(_launch(plan, 1))
    first = journal.read().launches["n"].intended
    journal.launching(_launch(plan, 1))
    assert journal.read().launches["n"].intended > first
    assert [one.name for one in journal.read().open_intents] == ["n"]


def test_an_execution_that_is_known_stays_known_when_it_is_asked_for_again(tmp_path):
    journal, plan = _planned(tmp_path)
    journal.launching(_launch(plan, 1))
    journal.launched("n", "workflow-1")
    journal.launching(_launch(plan, 1))
    assert journal.read().launches["n"].execution == "workflow-1"


def test_a_refused_launch_is_none(tmp_path):
    journal, plan = _planned(tmp_path)
    journal.launching(_launch(plan, 1))
    journal.refused("n", "no room")
    assert journal.read().launches == {}


def test_what_comes_after_a_clean_up_is_on_vip(tmp_path):
    journal, plan = _planned(tmp_path)
    journal.uploaded(Upload(1, "f"))
    journal.removed("inputs")
    journal.removed("outputs")
    assert journal.read().inputs_removed
    assert journal.read().outputs_removed
    journal.uploaded(Upload(1, "f"))
    journal.launching(_launch(plan, 1))
    assert not journal.read().inputs_removed
    assert not journal.read().outputs_removed


def test_a_run_is_launched_when_all_its_parts_are(tmp_path):
    journal, plan = _planned(tmp_path, ("n", "m"))
    journal.launching(_launch(plan, 1))
    journal.launched("n", "workflow-1")
    assert not journal.read().is_launched(1)
    journal.launching(_launch(plan, 2))
    journal.launched("m", "workflow-2")
    assert journal.read().is_launched(1)
    assert not journal.read().is_launched(2)


def test_readers_see_whole_events_while_writers_write(tmp_path):
    path = tmp_path / "journal.jsonl"
    writers, rounds = 3, 30
    over = threading.Event()
    seen = []

    def write(number):
        journal = Journal(path)
        for index in range(rounds):
            journal.used(f"{number}-{index}-{'x' * 200}")

    def read():
        while not over.is_set():
            seen.append(len(Journal(path).read().users))

    reader = threading.Thread(target=read)
    reader.start()
    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    over.set()
    reader.join()
    assert seen == sorted(seen)
    assert len(Journal(path).read().users) == writers * rounds


def test_a_long_journal_is_read_in_no_time(tmp_path):
    """Its size, not its square: a study may have a thousand runs."""
    import time

    events = []
    for run in range(1, 2001):
        name = f"n{run}"
        more = {"time": 0.0, "name": name}
        events += [
            {
                "event": "planned",
                "request": "r",
                "run": run,
                "names": [name],
                "values": {},
                "parts": [{}],
            },
            {
                "event": "launching",
                "request": "r",
                "run": run,
                "part": 1,
                "pipeline": "p",
                "results": "",
                **more,
            },
            {"event": "launched", "execution": f"w{run}", **more},
        ]
    begun = time.perf_counter()
    state = fold(events)
    assert len(state.launches) == 2000
    assert time.perf_counter() - begun < 1
