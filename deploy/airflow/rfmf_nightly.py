"""One run a day, for Airflow 3: the run itself, then what its end marker says; see README.md.

Copy this file into the folder of DAGs. What a site sets are variables of the environment of
Airflow's workers and of its DAG processor.
"""

from __future__ import annotations

import os
from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Param

# Whatever makes a run, and takes the arguments of ``rfmf run``: a script of deploy/yarn too.
RUN = os.environ.get("RFMF_RUN", "rfmf run --config /etc/rfmf/production.yaml")
# Whatever reads the end marker of a run: ``rfmf ended`` on a computer that sees output.root.
ENDED = os.environ.get("RFMF_ENDED", "rfmf ended --config /etc/rfmf/production.yaml")
SCHEDULE = os.environ.get("RFMF_SCHEDULE", "0 22 * * *")
TIME_ZONE = os.environ.get("RFMF_TIME_ZONE", "Asia/Shanghai")
RETRY_AFTER = timedelta(minutes=float(os.environ.get("RFMF_RETRY_MINUTES", "15")))

# The same for every attempt: a retry goes on with the run, or finds it complete.
_RUN_ID = "{{ run_id }}"
# The day on which the run is due, where users are; given by hand for another day.
_AS_OF = "{{ params.as_of or (logical_date.in_timezone('" + TIME_ZONE + "') | ds) }}"

with DAG(
    "rfmf_nightly",
    description="Customer segments of a business date",
    schedule=SCHEDULE,
    start_date=pendulum.datetime(2019, 1, 1, tz=TIME_ZONE),
    catchup=False,
    max_active_runs=1,
    params={"as_of": Param(None, type=["null", "string"], format="date", description="Date")},
    default_args={"retries": 2, "retry_delay": RETRY_AFTER},
):
    run = BashOperator(
        task_id="run",
        bash_command=f"{RUN} --run '{_RUN_ID}' --as-of '{_AS_OF}'",
        append_env=True,
    )
    # The judge: some platforms end with 0 whatever the run's own code was.
    ended = BashOperator(
        task_id="ended",
        bash_command=f"{ENDED} '{_RUN_ID}'",
        append_env=True,
        retries=0,
    )
    run >> ended
