"""A long run under bad conditions: ``python -m benchmarks.soak --minutes 60 --seed 1``.

A study of many sessions is run by the real ``snakemake`` on a local VIP. Faults of every kind are
switched on and off over HTTP, the processes are killed every minute and the same command is given
again, and each time that all is done the study is made larger, until the time is up. Then the
faults end, and the study must end right: see :mod:`benchmarks.soak.verdict`.
"""
