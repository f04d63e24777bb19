"""What a user sees before anything is sent."""

from __future__ import annotations

import json


def test_check_tells_what_nothing_names_what_stays_and_what_tells_of_people(study):
    study.write("data/notes.txt", "x")
    study.write("data/raw/1.dcm", "x")
    study.write("data/.git/config", "x")
    study.write("data/s1/s1.json", '{"PatientID": "4711"}')
    study.sessions["a"] |= {"ignore": ["raw/"], "allow": ["identity"]}
    study.configure()
    printed = study.cli("check")
    assert "  to send      4 of 4 files, 34 bytes of 34 bytes\n" in printed
    assert (
        "  not named    2 files, 22 bytes, that no setting names: notes.txt, s1/s1.json.\n"
        "               To keep them here: ignore\n"
    ) in printed
    assert "  left out     .git, raw/1.dcm\n" in printed
    assert (
        "  sensitive    1 file that tells who was scanned or when, sent because of allow:\n"
        "               [identity]\n"
    ) in printed
    assert max(map(len, printed.splitlines())) <= 80


def test_check_knows_what_is_sent_and_how_long_it_took(study):
    for step in ("upload", "launch", "monitor"):
        study.cli(step, "a")
    printed = study.cli("check")
    assert "  to send      0 of 2 files, 0 bytes of 12 bytes\n" in printed
    assert "  time         all executions have ended\n" in printed
    study.write("data/s1/in.txt", "ONE\n")
    study.sessions["a"]["nb_runs"] = 3
    study.configure()
    (outlook,) = json.loads(study.cli("check", "--json"))
    assert (outlook["files_to_send"], outlook["bytes_to_send"]) == (1, 4)
    assert outlook["executions_left"] == 2
    assert outlook["estimate"]["basis"].startswith(
        "2 executions, 2 at a time; 1 earlier one of 2 jobs took "
    )


def test_the_upload_refuses_what_the_check_refuses(study):
    study.write("data/raw/1.dcm", "x")
    for command in (["check"], ["upload", "a"], ["launch", "a"]):
        printed = study.cli(*command, code=2)
        assert "1 DICOM file would be sent:\n      raw/1.dcm: a DICOM file" in printed
    assert study.vip.changes() == []


def test_programs_get_the_mistakes_as_json(study):
    study.write("data/raw/1.dcm", "x")
    told = json.loads(study.cli("check", "--json", code=2))
    (problem,) = told["problems"]
    assert problem["key"] == "sessions.a.input_dir"
    assert problem["remedy"].endswith("allow: [dicom].")


def test_a_pattern_that_came_after_the_check_hides_no_input(study):
    study.cli("upload", "a")
    study.write("data/.vipignore", "s2/\n")
    printed = study.cli("launch", "a", code=2)
    assert "left out by 's2/' in data/.vipignore, line 1" in printed
    assert study.vip.executions() == []


def test_check_tells_whom_the_key_is_sent_to(study):
    study.configure(
        "vip: {url: 'https://elsewhere.invalid', api_key: OWN_KEY}\n"
        "sessions: {a: {pipeline_id: A/1}}\n"
    )
    printed = study.cli("check", code=2)
    assert "https://elsewhere.invalid, which is not https://vip.creatis.insa-lyon.fr" in printed
    assert "gets the key of OWN_KEY. Go on only if you trust it." in printed
