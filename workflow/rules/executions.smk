# One job a run, so that raising nb_runs adds runs and the first results need not wait for the last.


rule launch:
    input:
        lambda wildcards: f"<sessions>/{study.owner(wildcards.session)}/.vip/receipts/uploaded.json",
    output:
        "<sessions>/{session}/.vip/receipts/run-{run}.launched.json",
    log:
        "<logs>/vip/{session}/run-{run}.launch.log",
    priority: 10
    localrule: True
    conda:
        as_installed
    container:
        None
    threads: 0
    resources:
        configfile=study.configfile,
    params:
        request=lambda wildcards: study.request(wildcards.session),
    shell:
        "snakemake-vip launch {wildcards.session} --run {wildcards.run}"
        " --configfile {resources.configfile:q} 2>&1 | tee {log:q}"


rule session_data:
    input:
        lambda wildcards: expand(
            "<sessions>/{session}/.vip/receipts/run-{run}.launched.json",
            session=wildcards.session,
            run=study.runs(wildcards.session),
        ),
    output:
        "<sessions>/{session}/session_data.json",
    log:
        "<logs>/vip/{session}/session-data.log",
    priority: 30
    localrule: True
    conda:
        as_installed
    container:
        None
    threads: 0
    resources:
        configfile=study.configfile,
    shell:
        "snakemake-vip session-data {wildcards.session} --configfile {resources.configfile:q}"
        " 2>&1 | tee {log:q}"


rule monitor:
    input:
        "<sessions>/{session}/.vip/receipts/run-{run}.launched.json",
    output:
        "<sessions>/{session}/.vip/receipts/run-{run}.monitored.json",
    log:
        "<logs>/vip/{session}/run-{run}.monitor.log",
    priority: 30
    localrule: True
    conda:
        as_installed
    container:
        None
    threads: 0
    resources:
        configfile=study.configfile,
    params:
        get_status=lambda wildcards: " ".join(
            sorted(study.session(wildcards.session).get_status)
        ),
        repair=lambda wildcards: study.session(wildcards.session).repair,
    shell:
        "snakemake-vip monitor {wildcards.session} --run {wildcards.run}"
        " --configfile {resources.configfile:q} 2>&1 | tee {log:q}"


rule jobs:
    input:
        lambda wildcards: expand(
            "<sessions>/{session}/.vip/receipts/run-{run}.monitored.json",
            session=wildcards.session,
            run=study.runs(wildcards.session),
        ),
    output:
        "<sessions>/{session}/jobs.tsv",
    log:
        "<logs>/vip/{session}/jobs.log",
    priority: 30
    localrule: True
    conda:
        as_installed
    container:
        None
    threads: 0
    resources:
        configfile=study.configfile,
    shell:
        "snakemake-vip jobs {wildcards.session} --configfile {resources.configfile:q}"
        " 2>&1 | tee {log:q}"
