# The declared outputs are views: their content is kept in .vip, so that one deleted costs nothing.


rule download:
    input:
        "<sessions>/{session}/.vip/receipts/run-{run}.monitored.json",
    output:
        manifest="<sessions>/{session}/run-{run}.json",
        results=directory("<sessions>/{session}/run-{run}"),
    log:
        "<logs>/vip/{session}/run-{run}.download.log",
    priority: 40
    localrule: True
    conda:
        as_installed
    container:
        None
    threads: 0
    resources:
        configfile=study.configfile,
    params:
        unzip=lambda wildcards: study.session(wildcards.session).unzip,
        on_failed_jobs=lambda wildcards: study.session(wildcards.session).on_failed_jobs,
    shell:
        "snakemake-vip download {wildcards.session} --run {wildcards.run}"
        " --configfile {resources.configfile:q} 2>&1 | tee {log:q}"


rule finish:
    input:
        lambda wildcards: [
            f"<sessions>/{session}/run-{run}{kind}"
            for session, run in study.users(wildcards.session)
            for kind in (".json", "")
        ],
    output:
        "<sessions>/{session}/finished.json",
    log:
        "<logs>/vip/{session}/finish.log",
    priority: 50
    localrule: True
    conda:
        as_installed
    container:
        None
    threads: 0
    resources:
        configfile=study.configfile,
    shell:
        "snakemake-vip finish {wildcards.session} --configfile {resources.configfile:q}"
        " 2>&1 | tee {log:q}"
