"""Nothing that names a patient or holds a key is sent without being asked for."""

from __future__ import annotations

import json

import pytest

from snakemake_vip.errors import ConfigurationError
from snakemake_vip.session import finish, upload
from snakemake_vip.survey import check

_DICOM = "\0" * 128 + "DICM"


def _sent(study):
    """Return the files that were sent; folders have no dot in their names here."""
    sent = [path.partition("/API/a/INPUTS/")[2] for path in study.vip.changes()]
    return sorted(path for path in sent if "." in path)


def _refused(study):
    """Return the problems that the upload and the check tell, which are the same."""
    with pytest.raises(ConfigurationError) as by_check:
        check.check(study.bench().bench)
    with pytest.raises(ConfigurationError) as by_upload:
        upload.upload(study.bench())
    assert _sent(study) == []
    assert by_check.value.problems == by_upload.value.problems
    return by_upload.value.problems


def test_dicom_files_names_and_keys_are_refused_each_kind_once(quick):
    for number in range(12):
        quick.write(f"data/raw/{number:02}", _DICOM)
    quick.write("data/s1/s1.json", json.dumps({"PatientName": "Doe", "StudyDate": "20190302"}))
    quick.write("data/s2/run.sh", f"export KEY={quick.vip.endpoint.key}\n")
    identity, secret, dicom = sorted(_refused(quick), key=lambda problem: problem.what)
    assert dicom.key == "sessions.a.input_dir"
    assert dicom.what.startswith("12 DICOM files would be sent:\n      raw/00: a DICOM file")
    assert dicom.what.endswith("raw/09: a DICOM file, or an archive of some\n      and 2 more")
    assert dicom.remedy == (
        "Convert them (dcm2niix); or leave them out (ignore, or .vipignore); or, if they may be "
        "sent, allow: [dicom]."
    )
    assert identity.what == (
        "1 file that tells who was scanned or when would be sent:\n"
        "      s1/s1.json: PatientName, StudyDate"
    )
    assert secret.what == "1 file with a secret would be sent:\n      s2/run.sh: your API key"


def test_neither_a_name_nor_the_key_is_repeated(quick):
    quick.write("data/s1/s1.json", json.dumps({"PatientName": "Doe^Jane"}))
    quick.write("data/key.txt", quick.vip.endpoint.key)
    told = "\n".join(map(str, _refused(quick)))
    assert "Doe" not in told
    assert quick.vip.endpoint.key not in told


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        ("data/raw/1.dcm", "x", "dicom"),
        ("data/a.json", '{"PatientID": "4711"}', "identity"),
        ("data/.env", "A=1", "secrets"),
    ],
)
def test_what_is_allowed_is_sent_and_told(quick, path, content, kind):
    quick.write(path, content)
    assert len(_refused(quick)) == 1
    quick.sessions["a"]["allow"] = [kind]
    (outlook,) = check.check(quick.bench().bench)
    assert any(f"sent because of allow: [{kind}]" in note for note in outlook.sensitive)
    upload.upload(quick.bench())
    assert _sent(quick) == sorted([path.removeprefix("data/"), "s1/in.txt", "s2/in.txt"])


def test_what_is_ignored_is_neither_sent_nor_looked_at(quick):
    quick.write("data/raw/1.dcm", "x")
    quick.write("data/.env", "A=1")
    quick.sessions["a"]["ignore"] = ["raw/"]
    quick.write("data/.vipignore", ".env\n")
    upload.upload(quick.bench())
    assert _sent(quick) == ["s1/in.txt", "s2/in.txt"]


def test_a_public_dataset_passes_untouched(quick):
    quick.write("data/dataset_description.json", '{"Name": "x", "BIDSVersion": "1.9.0"}')
    quick.write("data/participants.tsv", "participant_id\tage\tsex\nsub-01\t34\tF\n")
    sidecar = {"InstitutionName": "A Hospital", "EchoTime": 0.003, "AcquisitionTime": "12:47:56"}
    quick.write("data/s1/sub-01_T1w.json", json.dumps(sidecar))
    (outlook,) = check.check(quick.bench().bench)
    assert outlook.sensitive == (
        "1 file with traces of where or when, as BIDS has them: InstitutionName",
    )


@pytest.mark.parametrize("pattern", ["s2/", "*.txt", "/s2/in.txt"])
def test_a_file_that_a_setting_names_is_not_left_out_silently(quick, pattern):
    quick.sessions["a"]["ignore"] = [pattern]
    with pytest.raises(ConfigurationError) as told:
        check.check(quick.bench().bench)
    problem = told.value.problems[-1]
    assert problem.key == "sessions.a.input_settings.file[1]"
    assert problem.what == (
        f"is 's2/in.txt', which is not sent: left out by '{pattern}' in sessions.a.ignore[0]"
    )


def test_what_never_is_sent_cannot_be_named_either(quick):
    quick.write("data/.git/T1.txt", "x")
    quick.sessions["a"]["input_settings"]["file"][0] = ".git/T1.txt"
    with pytest.raises(ConfigurationError, match=r"what is called \.git is never sent"):
        check.check(quick.bench().bench)


def test_results_inside_the_input_folder_cannot_be_named(quick):
    quick.write("data/out/a/T1.txt", "x")
    quick.sessions["a"]["input_settings"]["file"][0] = "out/a/T1.txt"
    with pytest.raises(ConfigurationError, match="what lies in output_dir"):
        check.check(quick.bench(output_dir="data/out").bench)


def test_results_of_one_session_can_be_the_inputs_of_another(quick):
    quick.sessions["a"]["input_dir"] = "vip_outputs/before/run-1"
    quick.write("vip_outputs/before/run-1/s1/in.txt", "one")
    quick.write("vip_outputs/before/run-1/s2/in.txt", "two")
    assert check.check(quick.bench().bench)[0].files == 2


def test_another_sessions_inputs_are_its_owners_affair(quick):
    quick.sessions["b"] = quick.sessions["a"] | {"inputs_from": "a", "ignore": ["x"]}
    del quick.sessions["b"]["input_dir"]
    with pytest.raises(ConfigurationError) as told:
        quick.bench()
    (problem,) = told.value.problems
    assert (problem.key, problem.what) == (
        "sessions.b.ignore",
        "given together with inputs_from: a",
    )


def test_what_was_sent_before_it_was_ignored_is_removed_all_the_same(quick, done):
    quick.write("data/notes.txt", "x")
    done(quick.bench())
    quick.sessions["a"]["ignore"] = ["notes.txt"]
    finish.finish(quick.bench())
    assert quick.vip.listing("/vip/Home/API/a/INPUTS") == []


def test_what_is_no_pattern_is_a_mistake_of_the_configuration(quick):
    quick.sessions["a"]["ignore"] = ["*.dcm", "!"]
    with pytest.raises(ConfigurationError) as told:
        quick.bench()
    (problem,) = told.value.problems
    assert (problem.key, problem.what) == ("sessions.a.ignore[1]", "'!' is no pattern")
