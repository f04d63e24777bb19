# The record of a run: a crate that can be cited. A step on this machine alone, also where a study was
# finished by an earlier version.


rule crate:
    input:
        "<sessions>/{session}/run-{run}.json",
    output:
        "<sessions>/{session}/run-{run}.crate/ro-crate-metadata.json",
    log:
        "<logs>/vip/{session}/run-{run}.crate.log",
    priority: 60
    localrule: True
    conda:
        as_installed
    container:
        None
    threads: 0
    resources:
        configfile=study.configfile,
    params:
        cite=study.cite(),
    shell:
        "snakemake-vip crate {wildcards.session} --run {wildcards.run}"
        " --configfile {resources.configfile:q} 2>&1 | tee {log:q}"
