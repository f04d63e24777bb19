# The content of the inputs decides, not their dates: params.generation grows when it changes.


if study.study.demo_data:

    rule demo_data:
        output:
            study.demo_files(),
        log:
            "<logs>/vip/demo-data.log",
        localrule: True
        conda:
            as_installed
        container:
            None
        params:
            folder=lambda wildcards: str(study.study.demo_data),
        shell:
            "snakemake-vip demo-data {params.folder:q} 2>&1 > /dev/null | tee {log:q}"


rule upload:
    input:
        needed,
    output:
        "<sessions>/{session}/.vip/receipts/uploaded.json",
    log:
        "<logs>/vip/{session}/upload.log",
    priority: 20
    localrule: True
    conda:
        as_installed
    container:
        None
    threads: 0
    resources:
        configfile=study.configfile,
    params:
        # Of wildcards alone: Snakemake does not compare what follows from the inputs.
        generation=lambda wildcards: study.generation(wildcards.session),
    shell:
        "snakemake-vip upload {wildcards.session} --configfile {resources.configfile:q}"
        " 2>&1 | tee {log:q}"
