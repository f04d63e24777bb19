# What is made of the results. The pages have no inputs: they show whatever there is, failures too,
# and the steps bring them up to date. So `snakemake --report` can tell of a study that has failed.


def all_after():
    """Return what the configuration asks for after the downloads."""
    after = study.study.after
    targets = [f"<sessions>/{name}.tsv" for name in after.tables]
    if after.report:
        targets += ["<sessions>/report.html"]
        targets += [f"<sessions>/{name}/report" for name in study.names]
    if after.compare:
        targets += [
            f"<sessions>/{name}/compare.{kind}"
            for name in study.names
            if len(study.runs(name)) > 1
            for kind in ("tsv", "svg")
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
