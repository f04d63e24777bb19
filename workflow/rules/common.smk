from snakemake.exceptions import WorkflowError
from snakemake_vip.errors import VipError
from snakemake_vip.session.dag import Dag


# A module may put the results elsewhere: pathvars: sessions="derivatives/vip".
pathvars:
    sessions=config.get("output_dir", "vip_outputs"),


try:
    study = Dag(config, workflow.pathvars.apply("<sessions>"))
except VipError as error:
    raise WorkflowError(str(error))


wildcard_constraints:
    session="[0-9A-Za-z_-]+",
    run="[0-9]+",


def all_downloaded(wildcards):
    targets = []
    for name in study.names:
        for run in study.runs(name):
            targets += [
                f"<sessions>/{name}/run-{run}.json",
                f"<sessions>/{name}/run-{run}",
                f"<sessions>/{name}/run-{run}.crate/ro-crate-metadata.json",
            ]
        targets += [
            f"<sessions>/{name}/session_data.json",
            f"<sessions>/{name}/jobs.tsv",
        ]
    targets += all_after()
    return targets + [f"<sessions>/{name}/finished.json" for name in study.finishing]


def all_finished(wildcards):
    return [f"<sessions>/{name}/finished.json" for name in study.names]
