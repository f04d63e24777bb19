# The content of the inputs decides, not their dates: params.generation grows when it changes.


def needed(wildcards):
    """Files that another rule may make; one that was only touched is no reason to run."""
    touched = study.touched(wildcards.session)
    files = study.needed(wildcards.session)
    return [ancient(file) if file in touched else file for file in files]


if study.study.demo_data:

    rule demo_data:
        output:
            study.demo_files(),
        localrule: True
        container:
            None
        params:
            folder=str(study.study.demo_data),
        shell:
            "snakemake-vip demo-data {params.folder:q} > /dev/null"


rule upload:
    input:
        needed,
    output:
        "<sessions>/{session}/.vip/receipts/uploaded.json",
    log:
        "<logs>/vip/{session}/upload.log",
    priority: 20
    localrule: True
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
