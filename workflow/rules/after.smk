# What is made of the results. The pages have no inputs: they show whatever there is, failures too,
# and the steps bring them up to date. So `snakemake --report` can tell of a study that has failed.


rule report:
    output:
        report(
            "<sessions>/report.html",
            caption="../report/study.rst",
            category="Study",
            labels={"page": "timeline, failures, jobs"},
        ),
    log:
        "<logs>/vip/report.log",
    localrule: True
    conda:
        as_installed
    container:
        None
    threads: 0
    resources:
        configfile=study.configfile,
    params:
        sessions=sorted(study.names),
    shell:
        "snakemake-vip report --offline --configfile {resources.configfile:q}"
        " 2>&1 > /dev/null | tee {log:q}"


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
    log:
        "<logs>/vip/{session}/report.log",
    localrule: True
    conda:
        as_installed
    container:
        None
    threads: 0
    resources:
        configfile=study.configfile,
    shell:
        "snakemake-vip report-results {wildcards.session}"
        " --configfile {resources.configfile:q} 2>&1 | tee {log:q}"


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
    log:
        "<logs>/vip/{session}/compare.log",
    localrule: True
    conda:
        as_installed
    container:
        None
    threads: 0
    resources:
        configfile=study.configfile,
    shell:
        "snakemake-vip compare {wildcards.session} --configfile {resources.configfile:q}"
        " 2>&1 > /dev/null | tee {log:q}"


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
    log:
        "<logs>/vip/{table}.table.log",
    wildcard_constraints:
        table="|".join(study.study.after.tables) or "(?!)",
    localrule: True
    conda:
        as_installed
    container:
        None
    threads: 0
    resources:
        configfile=study.configfile,
    params:
        pattern=lambda wildcards: study.study.after.tables[wildcards.table],
    shell:
        "snakemake-vip table {wildcards.table} --configfile {resources.configfile:q}"
        " 2>&1 > /dev/null | tee {log:q}"
