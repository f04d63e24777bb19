"""What tells in a file's text who was scanned, and when.

The keys are DICOM's (PS3.15, table E.1-1: what a basic de-identification removes or replaces), as
converters copy them into JSON sidecars. What BIDS recommends in public data is a trace and no
identity: institution, device, time of day. Values that de-identification leaves behind are
neither: empty ones, ``anonymous``, the subject's own label, and dates up to 1925, which BIDS calls
shifted.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

_NAMES = """
    PatientName PatientID PatientBirthName PatientAddress
    PatientMotherBirthName PatientTelephoneNumbers OtherPatientIDs OtherPatientNames
    OtherPatientIDsSequence MedicalRecordLocator ResponsiblePerson AccessionNumber
    ReferringPhysicianName ReferringPhysicianAddress ReferringPhysicianTelephoneNumbers
    RequestingPhysician PerformingPhysicianName NameOfPhysiciansReadingStudy PhysiciansOfRecord
    OperatorsName OperatorName 00100010 00100020 00101000 00101001 00101005
    00101040 00101060 00102154 00080050 00080090 00081050 00081048 00081060 00081070
"""
_DATES = """
    PatientBirthDate BirthDate DateOfBirth
    AcquisitionDateTime AcquisitionDate StudyDate SeriesDate ContentDate InstanceCreationDate
    PerformedProcedureStepStartDate ScanDate 00100030 0008002A 00080020 00080021 00080022 00080023
"""
_TRACES = """
    InstitutionName InstitutionAddress InstitutionalDepartmentName StationName DeviceSerialNumber
    StudyInstanceUID SeriesInstanceUID SOPInstanceUID
"""
_COLUMNS = """
    Name FirstName LastName FamilyName GivenName Surname PatientName BirthDate DateOfBirth DOB
    PatientBirthDate Email Phone Address
"""


def _plain(text: str) -> str:
    """Spell a key in one way: ``Patient's Name``, ``patient_name`` and ``PatientName`` are one."""
    return re.sub(r"[^0-9a-z]", "", text.lower().replace("'s", "")).replace("patients", "patient")


def _keys(text: str) -> frozenset[str]:
    return frozenset(map(_plain, text.split()))


_IS_NAME, _IS_DATE, _IS_TRACE, _IS_COLUMN = map(_keys, (_NAMES, _DATES, _TRACES, _COLUMNS))
# Most sidecars have none of these words: that is seen without reading them as JSON.
_WORTH_A_LOOK = re.compile(
    rb"patient|physician|operator|accession|date|birth|institution|station|serial|time|uid"
    rb"|responsible|locator|\"00(?:08|10)[0-9a-f]{4}\"",
    re.IGNORECASE,
)
_EMPTY = re.compile(
    r"|n/?a|nan|none|null|unknown|removed|redacted|-+|[x\s^]+|0+|"
    r".*(anon|de-?ident|pseudo|redact).*",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\s*(\d{4})")
_SHIFTED = 1925
_LABEL = re.compile(r"sub-([0-9A-Za-z]+)")
_HEADER = re.compile(
    rb"^[.\s]*(patient[ _]?(?:name|id|birth[ _]?date)|study[ _]?date)[ \t]*:[ \t]*([^\r\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
_TABLES = re.compile(r"participants\.tsv|.*_(sessions|scans)\.tsv")


def in_sidecar(relative: PurePosixPath, content: bytes) -> tuple[list[str], list[str]]:
    """Return the keys of a JSON file that identify, and those that leave a trace.

    Parameters
    ----------
    relative
        The file, below the input folder: its name may hold the subject's label.
    content
        The whole file.
    """
    if not _WORTH_A_LOOK.search(content):
        return [], []
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return [], []
    own = _labels(relative)
    identities: dict[str, None] = {}
    traces: dict[str, None] = {}
    for key, value in _entries(document):
        spelled = _plain(key)
        if (spelled in _IS_NAME and _says(value, own)) or (spelled in _IS_DATE and _dates(value)):
            identities[key] = None
        elif spelled in _IS_TRACE and _says(value, own):
            traces[key] = None
    return list(identities), list(traces)


def in_header(relative: PurePosixPath, head: bytes) -> list[str]:
    """Return what identifies in the text that a file of spectra or of Philips begins with."""
    own = _labels(relative)
    found: dict[str, None] = {}
    for key, value in _HEADER.findall(head):
        name, text = key.decode("latin-1"), value.decode("latin-1")
        says = _dates(text) if _plain(name) in _IS_DATE else _says(text, own)
        if says:
            found[name] = None
    return list(found)


def in_table(relative: PurePosixPath, head: bytes) -> tuple[list[str], list[str]]:
    """Return the columns of a BIDS table that identify, and those that leave a trace.

    Parameters
    ----------
    relative
        The file, below the input folder.
    head
        Its beginning, with the first lines.
    """
    if not _TABLES.fullmatch(relative.name):
        return [], []
    lines = head.decode("utf-8", "replace").splitlines() or [""]
    columns, *rows = (line.split("\t") for line in lines)
    named = [name for name in columns if _plain(name) in _IS_COLUMN]
    times = [
        name
        for number, name in enumerate(columns)
        if name == "acq_time" and any(_dates(row[number]) for row in rows if number < len(row))
    ]
    return named, times


def is_table(relative: PurePosixPath) -> bool:
    """Whether a file is a table of BIDS on people or on when they were scanned."""
    return _TABLES.fullmatch(relative.name) is not None


def _labels(relative: PurePosixPath) -> frozenset[str]:
    return frozenset(_plain(label) for label in _LABEL.findall(str(relative)))


def _entries(document: Any) -> Iterator[tuple[str, Any]]:
    """Yield every key with its value, at any depth."""
    waiting: list[Any] = [document]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            for key, value in cast("dict[str, Any]", current).items():
                yield key, value
                waiting.append(value)
        elif isinstance(current, list):
            waiting += cast("list[Any]", current)


def _texts(value: Any) -> Iterator[str]:
    """Yield what a value says: a text, those of a list or, as DICOM's JSON has it, of a mapping.

    Other mappings have keys of their own; in a data dictionary of BIDS they describe a column.
    """
    if isinstance(value, dict):
        mapping = cast("dict[str, Any]", value)
        for name in ("Value", "Alphabetic"):
            yield from _texts(mapping.get(name))
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _texts(inner)
    elif value is not None:
        yield str(value).strip()


def _says(value: Any, own: frozenset[str]) -> bool:
    """Whether a value says more than the subject's label does."""
    return any(not _EMPTY.fullmatch(text) and not _is_label(text, own) for text in _texts(value))


def _is_label(text: str, own: frozenset[str]) -> bool:
    spelled = _plain(text)
    return any(spelled in {label, f"sub{label}"} for label in own)


def _dates(value: Any) -> bool:
    """Whether a value is a date that was not shifted."""
    for text in _texts(value):
        year = _YEAR.match(text)
        if not _EMPTY.fullmatch(text) and (year is None or int(year[1]) > _SHIFTED):
            return True
    return False
