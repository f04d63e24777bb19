"""Writes the commented configuration that a study of one pipeline begins with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snakemake_vip.pipelines.descriptor import ParameterType
from snakemake_vip.pipelines.plain import plain, printable, wrapped
from snakemake_vip.pipelines.show import lists_in_words, type_in_words

if TYPE_CHECKING:
    from snakemake_vip.pipelines.descriptor import Descriptor, Parameter

_SIMPLE = re.compile(r"[0-9A-Za-z_./][0-9A-Za-z_./:+\-]*", re.ASCII)
_INDENT = "      "
_SANDBOX = "sandbox"
_COMMENT = 28

_HEAD = """\
# A study on VIP. Fill in the blanks, check with: snakemake-vip check
# and run with: snakemake --profile vip

vip:
  url: {url}
{api_key}  # max_executions: 1        # executions that may run at once
  # max_transfers: 8         # parallel uploads or downloads
  # refresh_time: 30         # seconds between two looks at the platform
  # patience: 3600           # seconds that an outage is waited out

output_dir: vip_outputs

sessions:
  {session}:
    pipeline_id: {pipeline}
"""

_INPUT_DIR = """\
    {}    # sent to VIP; needed unless all files are there
    # ignore: ["*.dcm"]      # what of it stays here, as in .gitignore
    # allow: [dicom]         # what is sent although it may tell of people
"""

_TAIL = """\

    # nb_runs: 1               # executions of the same request, to compare them
    # get_status: [Finished]   # outcomes whose results are downloaded
    # unzip: true              # unpack archives among the results
    # finish: false            # true: clean up on VIP once the results are here
    # max_wait: 86400          # seconds that an execution may run
    # max_jobs: 1000           # jobs that are not too many
    # jobs_per_execution: 200  # a longer list is split over several executions
    # on_failed_jobs: error    # or accept
    # repair: 0                # attempts to run failed jobs again
    # vip_input_dir: {home}/INPUTS
    # vip_output_dir: {home}/OUTPUTS
"""


def configuration(descriptor: Descriptor, url: str, api_key: str = "VIP_API_KEY") -> str:
    """Return ``config/config.yaml`` for a pipeline, with a gap for each required parameter.

    The gaps are empty values, which ``snakemake-vip check`` reports one by one.

    Parameters
    ----------
    descriptor
        The pipeline's.
    url
        The portal's, or ``sandbox``.
    api_key
        Name of a variable, or path of a file; the sandbox has a key of its own.
    """
    session = session_name(descriptor)
    required = [p for p in descriptor.parameters if p.required]
    optional = [p for p in descriptor.parameters if not p.required]
    text = _HEAD.format(
        url=scalar(url),
        api_key="" if url == _SANDBOX else _key_line(scalar(api_key)),
        session=scalar(session),
        pipeline=scalar(descriptor.identifier),
    )
    files = [p for p in descriptor.parameters if p.type is ParameterType.FILE]
    if files:
        # A folder that is not there is a mistake, and not all pipelines need one.
        needed = any(p.required for p in files)
        text += _INPUT_DIR.format(f"{'' if needed else '# '}input_dir: data".ljust(21))
    lines = [*_comment(lists_in_words(descriptor), "    "), _settings_line(required)]
    for parameter in required:
        lines += _about(parameter, descriptor)
        lines.append(f"{_INDENT}{scalar(parameter.name)}:{_gap(parameter)}")
    for parameter in optional:
        lines += _about(parameter, descriptor)
        lines.append(f"{_INDENT}# {scalar(parameter.name)}: {_example(parameter)}".rstrip())
    home = f"/vip/Home/API/{session}"
    return text + "\n".join(lines) + "\n" + _TAIL.format(home=home)


def session_name(descriptor: Descriptor) -> str:
    """Return a session's name made of the pipeline's: letters, digits, ``-`` and ``_``.

    Parameters
    ----------
    descriptor
        The pipeline's.
    """
    application = descriptor.identifier.rpartition("/")[0] or descriptor.identifier
    return re.sub(r"[^0-9A-Za-z_]+", "-", application).strip("-") or "session"


def scalar(text: str) -> str:
    """Return a text as a YAML scalar on one line that reads as that text.

    Parameters
    ----------
    text
        Any text.
    """
    import yaml

    if _SIMPLE.fullmatch(text) and yaml.safe_load(text) == text:
        return text
    quoted = yaml.safe_dump(text, default_style='"', width=float("inf"), allow_unicode=False)
    return quoted.rstrip("\n")


def _key_line(api_key: str) -> str:
    line = f"  api_key: {api_key}"
    if len(line) >= _COMMENT:
        return f"{line}\n"
    return f"{line:<{_COMMENT}} # NAME of a variable, or path of a file\n"


def _settings_line(required: list[Parameter]) -> str:
    """Return the key of the settings; an empty mapping where all of them are comments."""
    return "    input_settings:" if required else "    input_settings: {}  # remove {} to add some"


def _gap(parameter: Parameter) -> str:
    if parameter.type is ParameterType.FILE:
        return '  # TO FILL IN: a path, a list, or {glob: "sub-*/*.nii"}'
    return "  # TO FILL IN: a value, or a list"


def _example(parameter: Parameter) -> str:
    if parameter.default is None:
        return "true" if parameter.type is ParameterType.BOOLEAN else ""
    is_literal = parameter.type is ParameterType.BOOLEAN or parameter.type.is_number
    if is_literal and re.fullmatch(r"true|false|-?\d+(\.\d+)?", parameter.default):
        return parameter.default
    return scalar(parameter.default)


def _about(parameter: Parameter, descriptor: Descriptor) -> list[str]:
    """Return what there is to say of a parameter, as comments."""
    need = "required" if parameter.required else "optional"
    texts = [f"{type_in_words(parameter, descriptor)}, {need}"]
    label, description = plain(parameter.label), plain(parameter.description)
    if label.lower() not in {parameter.name.lower(), description.lower()}:
        texts.append(label)
    texts.append(description)
    if parameter.choices:
        texts.append(f"One of: {', '.join(map(printable, parameter.choices))}")
    return ["", *(line for text in texts for line in _comment(text, _INDENT))]


def _comment(text: str, indent: str) -> list[str]:
    return wrapped(text, f"{indent}# ")
