"""Files and folders on VIP, as Snakemake handles them."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import os
import shutil
from pathlib import PurePosixPath

import pytest
from snakemake.io import IOCache, flag, get_flag_value
from snakemake_interface_common.exceptions import WorkflowError

from snakemake_storage_plugin_vip import StorageProvider, StorageProviderSettings, dates
from snakemake_storage_plugin_vip.site import INSIDE
from snakemake_vip.errors import ConfigurationError, TransferError
from snakemake_vip.transfer.origins import Origins


def listings(vip):
    return [item for item in vip.requests() if "action=list" in item["query"]]


def downloads(vip):
    return [item for item in vip.requests() if "action=content" in item["query"]]


def sha256(text):
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def test_what_is_stored_comes_back_with_its_size_checksum_and_date(start, home):
    stored = start().store("study/a.txt", "some text")
    assert home.text("study/a.txt") == "some text"
    stored.local_path().unlink()
    again = start().object("study/a.txt")
    assert again.checksum() == sha256("some text")
    assert again.size() == 9
    again.retrieve_object()
    assert again.local_path().read_text() == "some text"
    assert again.local_path().stat().st_mtime == again.mtime() == stored.mtime()


def test_storing_to_a_path_that_is_there_replaces_the_content(start, home):
    one = start()
    old = one.store("a.txt", "old").mtime()
    new = one.store("a.txt", "new").mtime()
    assert home.text("a.txt") == "new"
    assert new > old
    assert one.object("a.txt").checksum() == sha256("new")


def test_storing_the_same_content_again_sends_nothing_and_makes_it_new(start, vip):
    old = start().store("a.txt", "same").mtime()
    vip.forget()
    assert start().store("a.txt", "same").mtime() > old
    assert vip.changes() == []


def test_a_date_lasts_over_restarts_and_over_looks(start, home):
    home.write("in/a.txt", "one")
    date = start().object("in/a.txt").mtime()
    assert start().object("in/a.txt").mtime() == date
    home.write("in/b.txt", "this changes the folder")
    assert start().object("in/a.txt").mtime() == date


def test_a_file_that_was_never_seen_is_as_old_as_its_folder_at_most(start, home):
    path = home.write("in/a.txt", "one")
    os.utime(path.parent, (1e9, 1e9))
    assert start().object("in/a.txt").mtime() == pytest.approx(1e9, abs=1)


def test_a_file_of_another_size_is_new(start, home):
    path = home.write("in/a.txt", "one")
    os.utime(path.parent, (1e9, 1e9))
    assert start().object("in/a.txt").mtime() < 1e9 + 2
    home.write("in/a.txt", "longer")
    before = dates.now()
    assert start().object("in/a.txt").mtime() >= before


def test_a_file_that_appears_after_it_was_missed_is_new_from_the_look_on(start, home, monkeypatch):
    monkeypatch.setattr("snakemake_storage_plugin_vip.shelf.MOMENT", 0)
    run = start()
    path = home.write("out/other.txt", "x")
    os.utime(path.parent, (1e9, 1e9))
    assert not run.object("out/a.txt").exists()
    home.write("out/a.txt", "made by a job on VIP")
    before = dates.now()
    assert run.object("out/a.txt").exists()
    after = dates.now()
    assert before <= start().object("out/a.txt").mtime() <= after


def test_as_many_other_bytes_are_found_when_they_are_fetched(start, home):
    date = start().store("a.txt", "abc").mtime()
    home.write("a.txt", "xyz")
    fetched = start().object("a.txt")
    fetched.retrieve_object()
    assert fetched.local_path().read_text() == "xyz"
    assert fetched.mtime() > date
    assert fetched.checksum() == sha256("xyz")


def test_a_file_of_another_size_has_no_known_checksum(start, home):
    start().store("a.txt", "abc")
    home.write("a.txt", "changed by somebody")
    assert start().object("a.txt").checksum() is None


def test_touch_makes_a_file_new_here_and_changes_nothing_on_vip(start, home, vip):
    home.write("a.txt", "x")
    touched = start().object("a.txt")
    old = touched.mtime()
    vip.forget()
    touched.touch()
    assert touched.mtime() > old
    assert start().object("a.txt").mtime() == touched.mtime()
    assert vip.changes() == []


def test_what_is_not_there_cannot_be_touched(start):
    with pytest.raises(TransferError, match=r"there is no /vip/Home/a\.txt"):
        start().object("a.txt").touch()


def test_one_listing_serves_all_files_of_a_folder(start, home, vip):
    for number in range(30):
        home.write(f"in/{number}.txt", "x" * number)
    run = start()
    cache = IOCache(max_wait_time=10)
    vip.forget()
    files = [run.object(f"in/{number}.txt") for number in range(30)]
    for file in files:
        asyncio.run(file.inventory(cache))
        assert asyncio.run(file.managed_exists())
        assert asyncio.run(file.managed_size()) == cache.size[str(file.local_path())]
        asyncio.run(file.managed_mtime())
    assert len(listings(vip)) == 1
    assert downloads(vip) == []


def test_several_looks_at_once_make_one_listing(start, home, vip):
    home.write("in/a.txt", "x")
    run = start()
    run.provider.site.shelf.folder(run.object("x").path)
    vip.forget()

    async def all_at_once():
        return await asyncio.gather(
            *(run.object(f"in/{name}.txt").managed_exists() for name in "aaaaaaa")
        )

    assert all(asyncio.run(all_at_once()))
    assert len(listings(vip)) == 1


def test_a_folder_goes_and_comes_with_all_below_it(start, home):
    stored = start().object("out/table")
    for path, text in {"a.txt": "a", "deep/er/b.txt": "b", ".snakemake_timestamp": ""}.items():
        target = stored.local_path() / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    stored.store_object()
    assert not (home.folder / "out/table/.snakemake_timestamp").exists()
    shutil.rmtree(stored.local_path())
    again = start().object("out/table")
    assert again.exists()
    assert (again.size(), again.local_footprint()) == (0, 2)
    again.retrieve_object()
    assert (again.local_path() / "deep/er/b.txt").read_text() == "b"
    assert again.mtime() == stored.mtime()


def test_a_folder_that_is_stored_again_has_no_file_of_the_old_one(start, home):
    run = start()
    folder = run.object("out")
    for name in ("old.txt", "new.txt"):
        shutil.rmtree(folder.local_path(), ignore_errors=True)
        folder.local_path().mkdir(parents=True)
        (folder.local_path() / name).write_text(name)
        folder.store_object()
    assert [path.name for path in (home.folder / "out").iterdir()] == ["new.txt"]


def test_a_folder_is_new_when_a_file_in_it_is(start, home):
    home.write("in/deep/a.txt", "x")
    old = start().object("in").mtime()
    assert start().object("in").mtime() == old
    home.write("in/deep/b.txt", "x")
    assert start().object("in").mtime() > old


def test_names_in_a_folder_that_vip_would_alter_are_refused_before_anything_is_sent(start, vip):
    folder = start().object("out")
    folder.local_path().mkdir(parents=True)
    (folder.local_path() / "a b.txt").write_text("x")
    with pytest.raises(TransferError, match=r"a_b\.txt"):
        folder.store_object()
    assert vip.changes() == []


def test_a_removed_file_is_gone_when_the_call_returns(start, home):
    run = start()
    stored = run.store("a.txt", "x")
    stored.remove()
    assert not (home.folder / "a.txt").exists()
    assert not stored.exists()
    assert stored.checksum() is None
    assert not start().object("a.txt").exists()


def test_a_failed_download_leaves_neither_a_part_nor_a_removed_copy(start, home, vip):
    home.write("a.txt", "x" * 100)
    run = start()
    wanted = run.object("a.txt")
    wanted.local_path().parent.mkdir(parents=True)
    wanted.local_path().write_text("an older copy")
    vip.set(download_limit=10)
    with pytest.raises(WorkflowError, match="gives out files of up to 10 bytes"):
        asyncio.run(wanted.managed_retrieve())
    assert wanted.local_path().read_text() == "an older copy"


def test_queries_with_wildcards_find_all_that_matches(start, home):
    home.write("in/sub-01/T1.nii", "x")
    home.write("in/sub-02/T1.nii", "x")
    found = start().object("in/{subject}/T1.nii").list_candidate_matches()
    assert set(found) >= {f"vip:///vip/Home/in/sub-0{n}/T1.nii" for n in (1, 2)}
    assert start().object("nothing/{x}").list_candidate_matches() == []


def test_queries_are_tidied_and_keep_the_flags_of_snakemake(start):
    provider = start().provider
    flagged = flag("vip:////vip/Home//out/", "directory")
    query = provider.postprocess_query(flagged)
    assert query == "vip:///vip/Home/out"
    assert get_flag_value(query, "directory")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("vip:///vip/Home/{x}/a b.nii", "'a_b.nii'"),
        ("vip:///vip/Home", "no file or folder of yours"),
        ("vip://vip/Home/a", "vip:///vip/Home/a"),
    ],
)
def test_bad_queries_are_refused_with_what_would_be_right(query, reason):
    found = StorageProvider.is_valid_query(query)
    assert not found
    assert reason in found.reason


@pytest.mark.parametrize("query", ["s3://bucket/a", "https://vip.example/a", "a/b.txt"])
def test_queries_of_other_storages_are_left_to_them(query):
    assert not StorageProvider.is_valid_query(query)


def test_wildcards_with_constraints_are_no_names():
    assert StorageProvider.is_valid_query(r"vip:///vip/Home/{sub,\d[ /]+}/{ses}_T1.nii")


def test_a_key_that_is_missing_is_told_and_one_that_is_written_down_is_not_repeated(
    tmp_path, vip, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    key = "k3y0123456789abcdefghij"
    settings = StorageProviderSettings(url=vip.url, api_key=key)
    provider = StorageProvider(tmp_path / "local", None, settings=settings)
    with pytest.raises(WorkflowError) as caught:
        asyncio.run(provider.object("vip:///vip/Home/a").managed_exists())
    assert "neither an environment variable that is set nor a file" in str(caught.value)
    assert key not in str(caught.value)


def test_what_a_job_made_in_place_once_more_is_as_young_as_that(start, home):
    home.write("out/a.txt", "made")
    path = PurePosixPath("/vip/Home/out/a.txt")
    old = start().object("out/a.txt").mtime()
    Origins(INSIDE / "origins.jsonl").note(path, "job:1", 4)
    new = start().object("out/a.txt").mtime()
    assert new > old
    assert start().object("out/a.txt").mtime() == new


def test_what_somebody_else_replaced_comes_from_elsewhere(start, home):
    home.write("in/atlas.nii", "one")
    path = PurePosixPath("/vip/Home/in/atlas.nii")
    start().object("in/atlas.nii").mtime()
    assert Origins(INSIDE / "origins.jsonl").get(path) is None
    home.write("in/atlas.nii", "another")
    assert start().object("in/atlas.nii").exists()
    seen = Origins(INSIDE / "origins.jsonl").get(path)
    home.write("in/atlas.nii", "yet another")
    date = start().object("in/atlas.nii").mtime()
    assert Origins(INSIDE / "origins.jsonl").get(path).token != seen.token
    assert start().object("in/atlas.nii").mtime() == date


def test_what_is_stored_comes_from_its_content(start):
    run = start()
    path = PurePosixPath("/vip/Home/a.txt")
    run.store("a.txt", "some text")
    assert Origins(INSIDE / "origins.jsonl").get(path).token == sha256("some text")
    run.object("a.txt").remove()
    assert Origins(INSIDE / "origins.jsonl").get(path) is None


def test_transfers_go_side_by_side_and_the_scheduler_goes_on_meanwhile(start, home, vip):
    for number in range(4):
        home.write(f"in/{number}.txt", "x")
    run = start()
    run.object("in/0.txt").size()
    vip.forget()
    vip.set(transfer_delay=0.4)
    turns = 0

    async def all_of_them():
        nonlocal turns
        files = [run.object(f"in/{number}.txt") for number in range(4)]
        transfers = asyncio.gather(*(file.managed_retrieve() for file in files))
        while not transfers.done():
            turns += 1
            await asyncio.sleep(0.02)
        await transfers

    asyncio.run(all_of_them())
    came = downloads(vip)
    assert len(came) == 4
    assert max(item["time"] for item in came) < min(i["time"] + i["seconds"] for i in came)
    assert turns > 5


def test_two_runs_at_once_have_partial_downloads_of_their_own_and_the_next_has_the_first(start):
    one, other = start().provider.site, start().provider.site
    first = one.transfers.partial
    assert other.transfers.partial != first
    del one
    gc.collect()
    assert start().provider.site.transfers.partial == first


def test_what_names_a_patient_or_holds_the_key_is_not_stored_unless_allowed(start, vip):
    sidecar = '{"PatientName": "Doe^Jane"}'
    run = start()
    vip.forget()
    with pytest.raises(TransferError, match=r"identity.*PatientName") as caught:
        run.store("scan.json", sidecar)
    assert "Jane" not in str(caught.value)
    with pytest.raises(TransferError, match="secrets"):
        run.store("notes.txt", f"my key is {vip.endpoint.key}")
    assert vip.changes() == []
    start(allow="dicom, identity").store("scan.json", sidecar)


def test_only_what_there_is_can_be_allowed(start):
    with pytest.raises(ConfigurationError, match="Choose from: dicom, identity, secrets"):
        start(allow="everything").object("a").exists()
