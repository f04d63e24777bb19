# What is made of the results. The pages have no inputs: they show whatever there is, failures too,
# and the steps bring them up to date. So `snakemake --report` can tell of a study that has failed.
from pathlib import Path

CAPTIONS = workflow.current_basedir.join("../report")


def shown(path, caption, category, **labels):
    """Return a target, marked for Snakemake's report where it exists.

    The rules do not mark it: there is no report where anything marked is missing, and after a failed
    run these are.
    """
    if not Path(workflow.pathvars.apply(path)).exists():
        return path
    caption = CAPTIONS.join(f"{caption}.rst")
    return report(path, caption=caption, category=category, labels=labels)


def all_after():
    """Return what the configuration asks for after the downloads."""
    after = study.study.after
    targets = [
        shown(f"<sessions>/{name}.tsv", "table", "Tables of the study", table=name)
        for name in after.tables
    ]
    if after.report:
        targets += ["<sessions>/report.html"]
        targets += [f"<sessions>/{name}/report" for name in study.names]
    if after.compare:
        targets += [
            shown(
                f"<sessions>/{name}/compare.{kind}",
                "compare",
                "Comparison of runs",
                session=name,
                what=what,
            )
            for name in study.names
            if len(study.runs(name)) > 1
            for kind, what in (("svg", "picture"), ("tsv", "table"))
        ]
    return targets


rule report:
    output:
        report(
            "<sessions>/report.html",
            caption="../report/study.rst",
            category="Study",
            labels={"page": "timeline, failures, jobs"},
        ),
    localrule: True
    container:
        None
    threads: 0
    resources:
        configfile=study.configfile,
    params:
        sessions=sorted(study.names),
    shell:
        "snakemake-vip report --offline --configfile {resources.configfile:q} > /dev/null"


rule report_results:
    output:
        report(
            directory("<sessions>/{session}/report"),
            patterns=[
                f"run-{{run,[0-9]+}}/{{job,[^/]+}}/{{file,.+}}.{kind}"
                for kind in ("png", "jpg", "jpeg", "gif", "webp", "html")
            ],
            caption="../report/results.rst",
            category="Results of {session}",
            subcategory="run {run}",
            labels={"job": "{job}", "file": "{file}"},
        ),
    localrule: True
    container:
        None
    threads: 0
    resources:
        configfile=study.configfile,
    shell:
        "snakemake-vip report-results {wildcards.session}"
        " --configfile {resources.configfile:q}"


rule compare:
    input:
        lambda wildcards: [
            f"<sessions>/{wildcards.session}/run-{run}{kind}"
            for run in study.runs(wildcards.session)
            for kind in (".json", "")
        ],
    output:
        "<sessions>/{session}/compare.svg",
        "<sessions>/{session}/compare.tsv",
    localrule: True
    container:
        None
    threads: 0
    resources:
        configfile=study.configfile,
    shell:
        "snakemake-vip compare {wildcards.session} --configfile {resources.configfile:q}"
        " > /dev/null"


rule table:
    input:
        [
            f"<sessions>/{name}/run-{run}{kind}"
            for name in sorted(study.names)
            for run in study.runs(name)
            for kind in (".json", "")
        ],
    output:
        "<sessions>/{table}.tsv",
    wildcard_constraints:
        table="|".join(study.study.after.tables) or "(?!)",
    localrule: True
    container:
        None
    threads: 0
    resources:
        configfile=study.configfile,
    params:
        pattern=lambda wildcards: study.study.after.tables[wildcards.table],
    shell:
        "snakemake-vip table {wildcards.table} --configfile {resources.configfile:q}"
        " > /dev/null"
