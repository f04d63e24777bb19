"""What tells who was scanned, and what does not."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

import pytest

from snakemake_vip.transfer import identity

_FILE = PurePosixPath("sub-01/anat/sub-01_T1w.json")


def _sidecar(**content):
    return identity.in_sidecar(_FILE, json.dumps(content).encode())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("PatientName", "Doe^Jane"),
        ("PatientsName", "Doe^Jane"),
        ("patient_id", "1234567"),
        ("PatientBirthDate", "19700101"),
        ("AcquisitionDateTime", "2019-03-02T14:23:11.123"),
        ("StudyDate", "20190302"),
        ("AccessionNumber", 4711),
        ("ReferringPhysicianName", ["Dr. Who"]),
        ("00100010", {"vr": "PN", "Value": [{"Alphabetic": "Doe^Jane"}]}),
    ],
)
def test_names_numbers_and_dates_of_people_identify(key, value):
    assert _sidecar(EchoTime=0.003, **{key: value}) == ([key], [])


def test_keys_are_found_at_any_depth():
    content = {"global": {"const": [{"PatientName": "Doe"}]}}
    assert _sidecar(**content) == (["PatientName"], [])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("PatientName", ""),
        ("PatientName", "Anonymous"),
        ("PatientName", "deidentified^"),
        ("PatientName", "xxx"),
        ("PatientID", "sub-01"),
        ("PatientID", "01"),
        ("PatientID", None),
        ("PatientBirthDate", "n/a"),
        ("PatientBirthDate", "00010101"),
        ("AcquisitionDateTime", "1867-06-15T13:45:30"),
        ("AcquisitionDateTime", "1925-01-01T00:00:00"),
        ("PatientSex", "F"),
        ("PatientAge", "034Y"),
        ("RepetitionTime", 2.0),
        ("TaskName", "patient questionnaire"),
    ],
)
def test_what_de_identification_leaves_behind_does_not(key, value):
    assert _sidecar(**{key: value}) == ([], [])


def test_a_data_dictionary_names_columns_and_nobody():
    described = {"PatientID": {"Description": "number in the hospital", "Units": "none"}}
    assert _sidecar(**described) == ([], [])


def test_another_subjects_label_identifies():
    assert _sidecar(PatientID="02") == (["PatientID"], [])


def test_what_bids_recommends_is_a_trace():
    content = {"InstitutionName": "A Hospital", "DeviceSerialNumber": "4711", "StationName": ""}
    assert _sidecar(**content) == ([], ["InstitutionName", "DeviceSerialNumber"])


def test_what_is_no_json_has_no_keys():
    assert identity.in_sidecar(_FILE, b'{"PatientName": ') == ([], [])
    assert identity.in_sidecar(_FILE, b"[" * 100_000 + b'"patient"') == ([], [])


def test_headers_of_spectra_and_of_philips_name_patients():
    rda = b">>> Begin of header <<<\r\nPatientName: Doe^Jane\r\nPatientID: xx\r\nTR: 2000\r\n"
    assert identity.in_header(PurePosixPath("a.rda"), rda) == ["PatientName"]
    par = b".    Patient name                       :   sub-07\n.    Tilt angle : 0\n"
    assert identity.in_header(PurePosixPath("sub-07/a.PAR"), par) == []
    assert identity.in_header(PurePosixPath("sub-08/a.PAR"), par) == ["Patient name"]


def test_columns_of_people_identify_and_times_leave_a_trace():
    people = b"participant_id\tage\tname\tBirth date\nsub-01\t30\tJane\t1970\n"
    assert identity.in_table(PurePosixPath("participants.tsv"), people) == (
        ["name", "Birth date"],
        [],
    )
    scans = b"filename\tacq_time\nanat/T1.nii\t2019-03-02T14:23:11\n"
    assert identity.in_table(PurePosixPath("sub-01/sub-01_scans.tsv"), scans) == ([], ["acq_time"])
    shifted = scans.replace(b"2019", b"1875")
    assert identity.in_table(PurePosixPath("sub-01/sub-01_scans.tsv"), shifted) == ([], [])


def test_other_tables_have_names_of_other_things():
    assert identity.in_table(PurePosixPath("sub-01_channels.tsv"), b"name\ttype\n") == ([], [])
    assert identity.in_table(PurePosixPath("participants.tsv"), b"") == ([], [])
