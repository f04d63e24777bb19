"""A session in Python."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path, PurePosixPath

import pytest

from snakemake_vip import Session
from snakemake_vip.errors import (
    AuthenticationError,
    ConfigurationError,
    ExecutionError,
    TransferError,
    UsageError,
)

SETTINGS = {"file": ["s1/in.txt", "s2/in.txt"], "label": ["x", "y"]}


@pytest.fixture
def make(quick, monkeypatch):
    """Make a session in the folder of the study."""
    monkeypatch.chdir(quick.folder)

    def session(name="p", **more):
        given = {
            "vip": quick.document["vip"],
            "pipeline_id": "Count/1.0",
            "input_dir": "data",
            "input_settings": SETTINGS,
            **more,
        }
        return Session(name, **{key: value for key, value in given.items() if value is not None})

    return session


def test_the_whole_procedure_is_one_line(make, quick):
    session = make().run().finish()
    assert session.kept == ()
    assert quick.vip.listing("/vip/Home/API") == []
    assert quick.text("p/run-1/x.tgz/out/copy") == "one\n"
    assert quick.json("p/session_data.json")["workflows"]


def test_each_step_can_be_repeated_in_another_process(make, quick):
    make().upload().launch()
    make().launch().monitor()
    again = make().run()
    quick.vip.forget()
    assert again.download().results().is_complete
    assert quick.vip.requests() == []
    assert len(quick.vip.executions()) == 1


def test_the_same_script_again_after_its_clean_up_changes_nothing_on_vip(make, quick):
    make().run().finish()
    quick.vip.forget()
    make().run().finish()
    assert quick.vip.changes() == []


def test_nothing_is_removed_where_a_download_failed(make, quick):
    session = make().launch().monitor()
    before = quick.vip.listing("/vip/Home/API/p")
    quick.vip.fault(kind="error", status=400, code=8013, method="GET", path="content", times=0)
    with pytest.raises(TransferError):
        make().run().finish()
    with pytest.raises(ExecutionError):
        make().finish()
    assert quick.vip.listing("/vip/Home/API/p") == before
    assert not (session.folder / "run-1").exists()
    quick.vip.heal()
    make().run().finish()
    assert quick.text("p/run-1/x.tgz/out/copy") == "one\n"
    assert quick.vip.listing("/vip/Home/API") == []


def test_nothing_is_launched_without_all_inputs(make, quick):
    quick.vip.fault(kind="error", status=400, code=8013, method="PUT", path="s1/in.txt", times=0)
    with pytest.raises(TransferError, match="1 of 2 files"):
        make().upload().launch()
    with pytest.raises(TransferError, match="1 of 2 files"):
        make().launch()
    assert quick.vip.executions() == []
    quick.vip.heal()
    assert make().run().results().is_complete


def test_an_execution_that_is_gone_keeps_no_other_run_from_its_results(make, quick):
    make(nb_runs=3).launch().monitor()
    session = make(nb_runs=3)
    gone = session._bench.journal.read().of_run(2)[0].execution
    session._bench.client.delete_execution(gone, files=True)
    quick.vip.forget()
    with pytest.raises(TransferError, match="VIP no longer has"):
        session.download()
    assert (session.folder / "run-1/x.tgz/out/copy").read_text() == "one\n"
    assert (session.folder / "run-3/x.tgz/out/copy").read_text() == "one\n"
    assert not (session.folder / "run-2").exists()
    assert quick.vip.changes() == []


def test_what_is_wrong_with_several_runs_is_told_of_each(make, quick):
    make(nb_runs=3).launch().monitor()
    session = make(nb_runs=3)
    for run in (1, 3):
        one = session._bench.journal.read().of_run(run)[0].execution
        session._bench.client.delete_execution(one, files=True)
    with pytest.raises(ExecutionError) as told:
        session.download()
    assert all(f"OUTPUTS/run-{run}/" in told.value.what for run in (1, 3))
    assert "--again" in told.value.remedy


def test_a_refused_key_is_told_once_for_all_runs(make, quick):
    make(nb_runs=3).launch().monitor()
    quick.vip.fault(kind="error", status=401, code=8002, method="GET", times=0)
    quick.vip.forget()
    with pytest.raises(AuthenticationError):
        make(nb_runs=3).download()
    assert len(quick.vip.requests()) == 1


def test_a_session_goes_on_in_another_working_folder(make, quick, monkeypatch):
    output = quick.folder / "results"
    make(output_dir=output).launch()
    quick.vip.forget()
    elsewhere = quick.folder / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    data = json.loads((output / "p/session_data.json").read_text())
    assert data["local_input_dir"] == str((quick.folder / "data").resolve())
    make(output_dir=output, input_dir=data["local_input_dir"]).run()
    assert quick.vip.changes() == []
    assert (output / "p/run-1/x.tgz/out/copy").read_text() == "one\n"


def test_values_may_be_what_can_be_a_text(make, quick):
    session = make(
        pipeline_id="Slow/1.0",
        input_dir=Path("data"),
        output_dir=Path("out"),
        vip_input_dir=PurePosixPath("/vip/Home/API/p/in"),
        input_settings={
            "file": (Path("s1/in.txt"), "s2/in.txt"),
            "label": ("x", 2),
            "seconds": Decimal("0.1"),
        },
    )
    session.run()
    data = json.loads((session.folder / "session_data.json").read_text())
    assert data["input_settings"]["seconds"] == "0.1"
    assert data["input_settings"]["label"] == ["x", "2"]
    assert session.folder == Path("out/p")


def test_numbers_of_numpy_are_numbers(make):
    numpy = pytest.importorskip("numpy")
    session = make(
        pipeline_id="Repeat/1.0",
        input_settings={"file": "s1/in.txt", "label": "x", "times": numpy.arange(1, 3)},
        nb_runs=numpy.int64(1),
    )
    assert session.check()[0].jobs == 2


@pytest.mark.parametrize("value", [{"x", "y"}, b"x", iter("xy")])
def test_values_that_are_no_list_and_no_text_are_refused(make, value):
    with pytest.raises(UsageError, match="neither one value nor a list") as told:
        make(input_settings={"file": "s1/in.txt", "label": value})
    assert told.value.remedy == "Give a list."


def test_inputs_of_another_session_are_sent_once(make, quick):
    first = make("first").upload()
    second = make(
        "second",
        vip=None,
        input_dir=None,
        inputs_from=first,
        input_settings={"file": "s1/in.txt", "label": "z"},
    ).run()
    assert second.folder.parent == first.folder.parent
    puts = [change for change in quick.vip.changes() if change.endswith("in.txt")]
    assert len(puts) == 2
    assert (second.folder / "run-1/z.tgz/out/copy").read_text() == "one\n"


def test_a_session_of_a_configuration_file(make, quick):
    assert Session.from_config("a").run().results().is_complete
    assert Session.from_config("a", quick.folder / "config/config.yaml").name == "a"
    with pytest.raises(UsageError, match="there is no session 'b'"):
        Session.from_config("b")
    with pytest.raises(UsageError, match="there is no configuration"):
        Session.from_config("a", "nowhere.yaml")


@pytest.mark.parametrize("run", [0, 2, -1])
@pytest.mark.parametrize("step", ["launch", "monitor", "download", "results"])
def test_a_run_that_there_is_not_is_wrong_use(make, quick, step, run):
    session = make()
    with pytest.raises(UsageError, match=f"p has no run {run}") as told:
        getattr(session, step)(run)
    assert "nb_runs is 1" in told.value.remedy
    assert quick.vip.changes() == []


def test_one_run_of_several(make, quick):
    session = make(nb_runs=2).upload().launch(2).monitor(2).download(2)
    assert quick.text("p/run-2/x.tgz/out/copy") == "one\n"
    assert not (session.folder / "run-1").exists()
    assert [e["name"].split()[1] for e in quick.vip.executions()] == ["run-2"]


def test_mistakes_come_all_at_once(make):
    with pytest.raises(ConfigurationError) as told:
        make(nb_run=1, unzip="x", pipeline_id=None)
    assert [problem.key for problem in told.value.problems] == [
        "sessions.p.nb_run",
        "sessions.p.pipeline_id",
        "sessions.p.unzip",
    ]


def test_a_mistake_that_only_vip_can_tell_comes_before_anything_is_sent(make, quick):
    with pytest.raises(ConfigurationError, match="is no parameter of"):
        make(input_settings={**SETTINGS, "lable": "x"}).upload()
    assert quick.vip.changes() == []


def test_a_key_that_stands_there_itself_is_refused_and_not_shown(make, quick):
    key = "q3v8k1secret0secret0secret"
    with pytest.raises(ConfigurationError) as told:
        make(vip={**quick.document["vip"], "api_key": key}).upload()
    assert key not in str(told.value)
    assert not any(
        key in path.read_text(errors="replace")
        for path in quick.folder.rglob("*")
        if path.is_file()
    )
