"""What should not leave by mistake."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile

import pytest

from snakemake_vip.errors import TransferError
from snakemake_vip.transfer import privacy, tree
from snakemake_vip.transfer.privacy import Kind

DICOM = b"\0" * 128 + b"DICM" + b"\2\0\0\0"
KEY = "abcdef0123456789"


@pytest.fixture
def found(tmp_path):
    """Write files; return what they give away."""

    def write(**contents):
        for name, content in contents.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        seen = privacy.findings(tree.files(tmp_path), lambda text: KEY in text)
        return {str(finding.file): (finding.kind, finding.what) for finding in seen}

    return write


def _zipped(**members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def _tarred(**members):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def test_dicom_is_known_by_content_by_name_and_inside_archives(found):
    seen = found(
        **{
            "raw/IM0001": DICOM,
            "raw/old.dcm": b"x",
            "raw/a.IMA": b"x",
            "DICOMDIR": b"x",
            "named.zip": _zipped(**{"x/a.dcm": b"x"}),
            "nameless.zip": _zipped(IM1=DICOM),
            "nameless.tgz": _tarred(readme=b"x", IM1=DICOM),
        }
    )
    assert {kind for kind, _ in seen.values()} == {Kind.DICOM}
    assert len(seen) == 7


def test_images_tables_and_archives_of_other_things_pass(found):
    assert not found(
        **{
            "T1.nii.gz": b"\x1f\x8b" + b"\0" * 5000,
            "short": b"x",
            "masks.zip": _zipped(**{"a.nii": b"x"}),
            "masks.tar.gz": _tarred(**{"a.nii": b"x"}),
            "damaged.zip": _zipped(IM1=DICOM)[:60],
            "damaged.tgz": _tarred(IM1=DICOM)[:40],
            "no.tgz": b"no archive",
            "license.txt": b"me@example.org\n12345\n *CXyz\n FSxyz\n",
            "public.pem": b"-----BEGIN CERTIFICATE-----\n",
            ".env.example": b"KEY=\n",
            "dataset_description.json": b'{"Name": "x", "BIDSVersion": "1.9.0"}',
            "sub-01/anat/sub-01_T1w.json": b'{"EchoTime": 0.003, "PatientSex": "F"}',
            "participants.tsv": b"participant_id\tage\nsub-01\t30\n",
        }
    )


@pytest.mark.parametrize(
    "name", [".env", ".env.local", "id_rsa", "id_ed25519", ".netrc", "x/.ssh/config", "pw.kdbx"]
)
def test_files_of_secrets_are_known_by_name(found, name):
    assert found(**{name: b"x"})[name][0] is Kind.SECRETS


def test_private_keys_are_known_by_content(found):
    key = b"# mine\n-----BEGIN OPENSSH PRIVATE KEY-----\nx\n"
    assert found(server=key) == {"server": (Kind.SECRETS, "a private key")}


def test_the_users_key_is_found_wherever_people_write(found):
    script = b"#" * 20_000 + f"\nexport VIP_API_KEY={KEY}\n".encode()
    assert found(**{"run.sh": script, "notebook.ipynb": script}) == {
        "notebook.ipynb": (Kind.SECRETS, "your API key"),
        "run.sh": (Kind.SECRETS, "your API key"),
    }


def test_names_in_sidecars_are_told_by_key_and_never_by_value(found):
    content = json.dumps({"PatientName": "Doe^Jane", "AcquisitionDateTime": "2019-03-02T14:23"})
    (told,) = found(**{"sub-01_T1w.json": content.encode()}).values()
    assert told == (Kind.IDENTITY, "PatientName, AcquisitionDateTime")


def test_traces_are_told_and_not_refused(found):
    (told,) = found(**{"a.json": b'{"InstitutionName": "A Hospital"}'}).values()
    assert told == (Kind.TRACES, "InstitutionName")
    assert [kind.is_refused for kind in Kind] == [True, True, True, False]


def test_a_file_that_cannot_be_read_is_an_error(tmp_path):
    path = tmp_path / "gone.json"
    path.write_text("{}")
    files = tree.files(tmp_path)
    path.unlink()
    with pytest.raises(TransferError, match=r"gone\.json: No such file"):
        privacy.findings(files, lambda _: False)
