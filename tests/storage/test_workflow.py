"""Files on VIP in workflows, with the real Snakemake."""

from __future__ import annotations

import re

import pytest
import yaml

SNAKEFILE = """
configfile: "config.yaml"

HOME = "vip:///vip/Home/study"
names = sorted(glob_wildcards(storage.vip(HOME + "/in/{name}.txt")).name)

rule all:
    input: storage.vip(HOME + "/sum.txt"), "inplace.txt", "folder.txt"

rule upper:
    input: storage.vip(HOME + "/in/{name}.txt")
    output: storage.vip(HOME + "/up/{name}.txt")
    shell: "tr a-z A-Z < {input} > {output}"

rule gather:
    input: storage.vip(expand(HOME + "/up/{name}.txt", name=names))
    output: storage.vip(HOME + "/sum.txt")
    shell: "cat {input} > {output}"

rule inplace:
    input: storage.vip(HOME + "/sum.txt", retrieve=False)
    output: "inplace.txt"
    shell: "echo {input} > {output}"

rule folder:
    output: storage.vip(directory(HOME + "/folder"))
    shell: "mkdir -p {output}/deep; echo x > {output}/deep/x.txt"

rule use_folder:
    input: storage.vip(HOME + "/folder")
    output: "folder.txt"
    shell: "cat {input}/deep/x.txt > {output}"
"""

IN_PLACE = """
configfile: "config.yaml"

RESULT = storage.vip("vip:///vip/Home/out/result.txt", retrieve=False)

rule all:
    input: "seen.txt"

rule make:
    input: "input.txt"
    output: RESULT
    params: place=config["home"]
    shell: "mkdir -p {params.place}/out; cp {input} {params.place}/out/result.txt"

rule see:
    input: RESULT
    output: "seen.txt"
    shell: "echo {input} > {output}"
"""


@pytest.fixture
def workflow(study, home):
    """A folder with a Snakefile whose configuration names the platform."""
    vip = study.vip
    platform = {"url": vip.url, "api_key": str(vip.key_file), "patience": 10}
    study.write("config.yaml", yaml.safe_dump({"vip": platform, "home": str(home.folder)}))
    study.write("Snakefile", SNAKEFILE)
    return study


def run(workflow, *arguments, ok=True):
    return workflow.run("snakemake", "--cores", "2", *arguments, ok=ok)


def rules_of(printed):
    return set(re.findall(r"^(?:local)?rule (\w+):", printed, re.MULTILINE)) - {"all"}


def asked(workflow, action):
    query = f"action={action}"
    return [item["path"] for item in workflow.vip.requests() if query in item["query"]]


def test_a_workflow_reads_globs_writes_and_runs_again_only_what_changed(workflow, home):
    for name in "abc":
        home.write(f"study/in/{name}.txt", name)
    run(workflow)
    assert home.text("study/sum.txt") == "ABC"
    assert (workflow.folder / "inplace.txt").read_text() == "vip:///vip/Home/study/sum.txt\n"
    assert (workflow.folder / "folder.txt").read_text() == "x\n"
    assert not list((workflow.folder / ".snakemake/storage").rglob("*.txt"))

    workflow.vip.forget()
    assert "Nothing to be done" in run(workflow)
    assert workflow.vip.changes() == []
    assert asked(workflow, "content") == []
    home.write("study/in/b.txt", "longer")
    assert rules_of(run(workflow)) == {"upper", "gather", "inplace"}
    assert home.text("study/sum.txt") == "ALONGERC"


def test_data_in_place_stays_there_as_input_and_as_output(workflow, home):
    workflow.write("Snakefile", IN_PLACE)
    workflow.write("input.txt", "x" * 2_000_000)
    run(workflow)
    assert (workflow.folder / "seen.txt").read_text() == "vip:///vip/Home/out/result.txt\n"
    moved = [item for item in workflow.vip.requests() if item["received"] or item["sent"] > 10_000]
    assert moved == []
    assert "Nothing to be done" in run(workflow)
    # What is made anew is younger than what was made of it, and so is what follows.
    workflow.write("input.txt", "y" * 2_000_000)
    assert rules_of(run(workflow)) == {"make", "see"}
    assert home.text("out/result.txt").startswith("y")
    assert "Nothing to be done" in run(workflow)


@pytest.mark.slow
def test_touch_works_on_files_of_vip(workflow, home):
    for name in "ab":
        home.write(f"study/in/{name}.txt", name)
    run(workflow)
    home.write("study/in/a.txt", "longer")
    workflow.vip.forget()
    run(workflow, "--touch")
    assert "Nothing to be done" in run(workflow)
    assert workflow.vip.changes() == []
    assert asked(workflow, "content") == []


@pytest.mark.slow
def test_the_command_line_goes_before_the_configuration_and_variables_after(workflow, home):
    home.write("study/in/a.txt", "a")
    told = workflow.vip
    workflow.write("config.yaml", "vip: {url: 'http://127.0.0.1:9', patience: 0}\n")
    settings = ["--storage-vip-url", told.url, "--storage-vip-api-key", str(told.key_file)]
    run(workflow, "--until", "upper", *settings)
    assert home.text("study/up/a.txt") == "A"
    workflow.write("config.yaml", "{}\n")
    variables = ["env", f"VIP_URL={told.url}", f"VIP_API_KEY={told.key_file.read_text()}"]
    workflow.run(*variables, "snakemake", "--cores", "2")
    assert home.text("study/sum.txt") == "A"


def test_a_name_that_vip_would_alter_is_told_with_the_right_one(workflow):
    text = SNAKEFILE.replace("/sum.txt", "/the sum.txt")
    workflow.write("Snakefile", text)
    printed = run(workflow, ok=False)
    assert "VIP would alter the name 'the sum.txt'; write 'the_sum.txt' instead" in printed
    assert "plugins/storage/vip.html" in printed


def test_without_a_key_it_is_told_what_to_do(workflow):
    workflow.write("config.yaml", f"vip: {{url: '{workflow.vip.url}'}}\n")
    printed = run(workflow, ok=False)
    assert "Set it (export VIP_API_KEY=...), or name a file that holds the key." in printed
    assert "Traceback" not in printed


@pytest.mark.slow
def test_as_the_default_storage_it_holds_what_rules_name_without_storage(workflow, home):
    workflow.write("input.txt", "x")
    rule = (
        'rule copy:\n    input: local("input.txt")\n    output: "a/b.txt"\n'
        '    shell: "cp {input} {output}"\n'
    )
    workflow.write("Snakefile", rule)
    vip = workflow.vip
    settings = ["--storage-vip-url", vip.url, "--storage-vip-api-key", str(vip.key_file)]
    default = ["--default-storage-provider", "vip", "--default-storage-prefix"]
    run(workflow, *settings, *default, "vip:///vip/Home/all", "--shared-fs-usage", "none")
    assert home.text("all/a/b.txt") == "x"
