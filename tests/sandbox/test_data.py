import base64
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snakemake_vip.sandbox.answers import SpringError
from snakemake_vip.sandbox.api.content import span_of

PATH_KEYS = [
    "path",
    "lastModificationDate",
    "isDirectory",
    "exists",
    "size",
    "executionId",
    "mimeType",
]


def properties(vip, path):
    return vip.get(f"/path{path}?action=properties").json()


def refused(answer, code=8000, status=400):
    assert (answer.status_code, answer.json()["errorCode"]) == (status, code), answer.text


def test_an_upload_is_stored_and_the_answer_is_empty(vip):
    path = f"{vip.folder()}/image.nii.gz"
    answer = vip.put(f"/path{path}", b"\0\1\2" * 1000)
    assert (answer.status_code, answer.content) == (201, b"")
    assert vip.content(path) == b"\0\1\2" * 1000


def test_a_file_has_size_and_type_and_no_date(vip):
    path = vip.file("a.txt", b"12345")
    found = properties(vip, path)
    assert list(found) == PATH_KEYS
    assert found == {
        "path": path,
        "lastModificationDate": None,
        "isDirectory": False,
        "exists": True,
        "size": 5,
        "executionId": None,
        "mimeType": "text/plain",
    }


def test_a_directorys_size_is_the_number_of_its_children(vip):
    folder = vip.folder()
    for name in "abc":
        vip.put(f"/path{folder}/{name}", b"x" * 10)
    found = properties(vip, folder)
    assert (found["size"], found["isDirectory"], found["mimeType"]) == (3, True, "text/directory")
    assert found["lastModificationDate"] < 10**10  # seconds


def test_the_properties_of_what_is_missing_are_not_an_error(vip):
    found = properties(vip, f"{vip.folder()}/missing")
    assert found["exists"] is False
    assert [found[k] for k in PATH_KEYS if k not in {"path", "exists"}] == [None] * 5


def test_the_root_shows_home_trash_and_the_group(vip):
    listed = vip.get("/path/vip?action=list").json()
    assert [e["path"] for e in listed] == ["/vip/Home", "/vip/Trash", "/vip/Sandbox (group)"]
    assert {e["size"] for e in listed} == {None}
    assert properties(vip, "/vip")["size"] == 3
    assert vip.exists("/vip")


def test_a_listing_is_one_level_deep_and_sizes_of_directories_are_0(vip):
    folder = vip.folder()
    vip.put(f"/path{folder}/sub")
    vip.put(f"/path{folder}/sub/deep.txt", b"deep")
    vip.put(f"/path{folder}/file.txt", b"four")
    listed = vip.get(f"/path{folder}?action=list").json()
    assert [(e["path"], e["isDirectory"], e["size"]) for e in listed] == [
        (f"{folder}/file.txt", False, 4),
        (f"{folder}/sub", True, 0),
    ]


def test_a_trailing_slash_makes_double_slashes_in_a_listing(vip):
    folder = vip.file("x").rpartition("/")[0]
    assert vip.get(f"/path{folder}/?action=list").json()[0]["path"] == f"{folder}//x"


def test_only_directories_are_listed(vip):
    path = vip.file("x")
    refused(vip.get(f"/path{path}?action=list"))
    refused(vip.get(f"/path{path}-missing?action=list"))


@pytest.mark.parametrize("path", ["/vip", "/vip/Home"])
def test_only_files_have_content(vip, path):
    refused(vip.get(f"/path{path}?action=content"))
    refused(vip.get(f"/path{path}/missing?action=content"), 8000 if "Home" in path else 8013)


def test_an_empty_body_makes_a_directory(vip):
    path = f"{vip.folder()}/sub"
    assert vip.put(f"/path{path}").status_code == 201
    assert properties(vip, path)["isDirectory"] is True
    assert vip.put(f"/path{path}/").status_code == 201  # once more is fine


def test_an_existing_file_is_never_replaced(vip):
    path = vip.file("x", b"old")
    refused(vip.put(f"/path{path}", b"new"))
    refused(vip.put(f"/path{path}"))
    assert vip.content(path) == b"old"


def test_a_directory_is_not_replaced_by_a_file(vip):
    refused(vip.put(f"/path{vip.folder()}", b"content"))


def test_a_missing_parent_is_refused(vip):
    folder = vip.folder()
    refused(vip.put(f"/path{folder}/a/b", b"x"))
    refused(vip.put(f"/path{folder}/a/b"))
    assert not vip.exists(f"{folder}/a")


def test_a_refused_upload_leaves_nothing_behind(vip):
    refused(vip.put(f"/path{vip.folder()}/a/b", b"x"))
    assert list(vip.portal.state.incoming.iterdir()) == []


def test_names_are_cleaned_and_nobody_is_told(vip):
    folder = vip.folder()
    assert vip.put(f"/path{folder}/é ü.nii", b"x").content == b""
    assert vip.put(f"/path{folder}/my folder").content == b""
    listed = vip.get(f"/path{folder}?action=list").json()
    assert [e["path"] for e in listed] == [f"{folder}/e_u.nii", f"{folder}/my_folder"]
    refused(vip.put(f"/path{folder}/日本", b"nothing is left of this name"))


def test_special_characters_are_quoted_in_urls(vip):
    folder = vip.folder()
    assert vip.put(f"/path{folder}/a%23b%3Fc%2541+d", b"x").status_code == 201
    listed = vip.get(f"/path{folder}?action=list").json()
    assert listed[0]["path"] == f"{folder}/a#b?c%41+d"


@pytest.mark.parametrize("path", ["/vip/x", "/vip/Users/me/x", "/etc/x", "/vip/Other (group)/x"])
def test_other_places_are_forbidden(vip, path):
    for action in ("exists", "properties", "list", "content"):
        refused(vip.get(f"/path{path}?action={action}"), 8013)
    refused(vip.put(f"/path{path}", b"x"), 8013)
    refused(vip("DELETE", f"/path{path}"), 8013)


@pytest.mark.parametrize("path", ["/vip", "/vip/Home", "/vip/Sandbox (group)"])
def test_roots_are_not_written(vip, path):
    refused(vip.put(f"/path{path}", b"x"), 8013)
    refused(vip("DELETE", f"/path{path}"), 8013)


def test_the_group_folder_is_shared_ground(vip):
    assert vip.put("/path/vip/Sandbox (group)/atlas.nii", b"atlas").status_code == 201
    assert vip.content("/vip/Sandbox (group)/atlas.nii") == b"atlas"


@pytest.mark.parametrize("name", ["x" * 256, "a%00b"])
def test_names_that_no_storage_takes_are_refused(vip, name):
    refused(vip.get(f"/path/vip/Home/{name}?action=exists"))
    refused(vip.put(f"/path/vip/Home/{name}", b"x"))


@pytest.mark.parametrize("name", ["..\uff0f..\uff0fx", "\u33c2" * 85], ids=["path", "long"])
def test_names_that_become_paths_or_too_long_are_refused(vip, name):
    folder = vip.folder()
    refused(vip.put(f"/path{folder}/{quote(name)}", b"x"))
    assert vip.get(f"/path{folder}?action=list").json() == []


def test_unknown_actions_are_refused(vip):
    refused(vip.get("/path/vip/Home"))
    refused(vip.get("/path/vip/Home?action=walk"))
    refused(vip.get("/path/vip/Home?action=md5"))


def test_the_action_wins_over_the_verb(vip):
    folder = vip.folder()
    assert vip.put(f"/path{folder}?action=list", b"not stored").json() == []


def test_a_deletion_takes_directories_with_all_they_hold(vip):
    path = vip.file("x")
    folder = path.rpartition("/")[0]
    answer = vip("DELETE", f"/path{folder}")
    assert (answer.status_code, answer.content) == (204, b"")
    vip.until(lambda: not vip.exists(folder))


def test_what_is_missing_cannot_be_deleted(vip):
    refused(vip("DELETE", f"/path{vip.folder()}/missing"))


def test_a_deletion_is_carried_out_after_the_answer(sandbox):
    vip = sandbox(delete_delay=0.3)
    path = vip.file("x")
    assert vip("DELETE", f"/path{path}").status_code == 204
    assert vip.exists(path)
    vip.until(lambda: not vip.exists(path))


def carmin(vip, path, **body):
    headers = {"Content-Type": "application/carmin+json"}
    return vip("PUT", f"/path{path}", json=body, headers=headers)


def test_carmin_json_uploads_even_an_empty_file(vip):
    folder = vip.folder()
    assert carmin(vip, f"{folder}/empty", base64Content="", type="File").status_code == 201
    assert properties(vip, f"{folder}/empty")["size"] == 0
    assert not properties(vip, f"{folder}/empty")["isDirectory"]
    content = base64.b64encode(b"hello").decode()
    assert carmin(vip, f"{folder}/x", base64Content=content, type="file", md5="wrong").ok
    assert vip.content(f"{folder}/x") == b"hello"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"type": "File"}, 500),
        ({"base64Content": ""}, 500),
        ({"base64Content": "", "type": "Archive"}, 400),
        ({"base64Content": "a\nb=", "type": "File"}, 400),
    ],
)
def test_broken_carmin_json_is_refused(vip, body, status):
    refused(carmin(vip, f"{vip.folder()}/x", **body), status=status)


def test_a_range_of_a_file_is_given(vip):
    path = vip.file("x", bytes(range(100)))
    answer = vip.get(f"/path{path}?action=content", headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.content) == (206, bytes(range(10, 20)))
    assert answer.headers["Content-Range"] == "bytes 10-19/100"
    whole = vip.get(f"/path{path}?action=content")
    assert whole.headers["Content-Type"] == "application/octet-stream"
    assert whole.headers["Content-Length"] == "100"
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert "ETag" not in whole.headers  # VIP gives nothing to check a file by


def test_a_range_behind_the_end_is_416(vip):
    path = vip.file("x", b"12345")
    answer = vip.get(f"/path{path}?action=content", headers={"Range": "bytes=5-"})
    refused(answer, status=416)


@settings(max_examples=60)
@given(st.binary(min_size=1, max_size=50), st.integers(0, 60), st.integers(0, 60))
def test_ranges_are_cut_as_http_defines_them(content, first, last):
    size = len(content)
    if first >= size or last < first:
        with pytest.raises(SpringError):
            span_of(f"bytes={first}-{last}", size)
        return
    start, stop = span_of(f"bytes={first}-{last}", size)
    assert content[start:stop] == content[first : last + 1]


def test_a_suffix_range_is_the_end_and_other_units_are_the_whole():
    assert span_of("bytes=-3", 10) == (7, 10)
    assert span_of("bytes=-30", 10) == (0, 10)
    assert span_of("items=1-2", 10) is None
    assert span_of("bytes=1-2,4-5", 10) is None
    assert span_of(None, 10) is None


def test_a_large_file_is_not_given_out(sandbox):
    vip = sandbox(download_limit=10)
    assert vip.get("/platform").json()["maxSizeDirectTransfer"] == 10
    folder = vip.folder()
    vip.put(f"/path{folder}/small", b"x" * 10)
    vip.put(f"/path{folder}/large", b"x" * 11)
    assert vip.content(f"{folder}/small") == b"x" * 10
    refused(vip.get(f"/path{folder}/large?action=content"))


def test_a_transfer_takes_its_time(sandbox):
    vip = sandbox(transfer_delay=0.2)
    path = vip.file("x")
    assert vip.content(path) == b"content"
    spent = [e.seconds for e in vip.portal.activity.exchanges if path in e.path]
    assert min(spent) >= 0.2


def test_a_transfer_that_times_out_completes_later(sandbox):
    vip = sandbox(transfer_delay=0.4, transfer_timeout=0.05)
    path = f"{vip.folder()}/x"
    refused(vip.put(f"/path{path}", b"late"))
    assert not vip.exists(path)
    vip.until(lambda: vip.exists(path))
    assert properties(vip, path)["size"] == 4


def test_transfers_beyond_the_slots_queue(sandbox):
    from concurrent.futures import ThreadPoolExecutor

    vip = sandbox(transfer_delay=0.1, transfer_slots=2)
    folder = vip.folder()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda i: vip.put(f"/path{folder}/{i}", b"x"), range(6)))
    spent = [e.seconds for e in vip.portal.activity.exchanges if f"{folder}/" in e.path]
    assert max(spent) >= 0.25


def test_an_interrupted_upload_leaves_nothing(vip):
    import socket

    path = f"{vip.folder()}/x"
    port = int(vip.endpoint.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        head = f"PUT /rest/path{path} HTTP/1.1\r\nHost: 127.0.0.1\r\napikey: {vip.endpoint.key}\r\n"
        connection.sendall(f"{head}Content-Length: 100\r\n\r\nhalf".encode())
        vip.until(lambda: any(vip.portal.state.incoming.iterdir()))
    vip.until(lambda: not any(vip.portal.state.incoming.iterdir()))
    assert not vip.exists(path)
