from pathlib import Path

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


CAPTIONS = workflow.current_basedir.join("../report")


def as_installed(wildcards):
    """Return no environment: a step needs the package that is imported above, which is here."""
    return None


def needed(wildcards):
    """Files that another rule may make; one that was only touched is no reason to run."""
    touched = study.touched(wildcards.session)
    files = study.needed(wildcards.session)
    return [ancient(file) if file in touched else file for file in files]


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
