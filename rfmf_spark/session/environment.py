"""All checks of the environment that a run with certain settings would meet.

Single checks are in ``doctor.py`` and, for Spark Connect, in ``connect.py``.
"""

from __future__ import annotations

from contextlib import ExitStack

from pyspark.sql import SparkSession

from rfmf_spark.config.settings import Settings
from rfmf_spark.session.connect import (
    check_client,
    check_connect_packages,
    connect_address,
    is_server,
    run_server_checks,
)
from rfmf_spark.session.doctor import Check, run_checks, run_embedded_checks
from rfmf_spark.session.engine_choice import EngineChoice
from rfmf_spark.session.spark_session import spark_session


def check_environment(settings: Settings, choice: EngineChoice) -> list[Check]:
    """What the chosen engine needs here, in order, and last a session that is tried and stopped."""
    address = connect_address(settings)
    with ExitStack() as sessions:

        def start_session() -> SparkSession:
            return sessions.enter_context(spark_session(settings))

        if choice.name == "embedded":
            client = [check_client(), check_connect_packages()]
            return run_embedded_checks(settings.output.root, start_session, client)
        if is_server(address):
            return run_server_checks(address, start_session)
        return run_checks(
            output_root=settings.output.root,
            driver_memory=settings.spark.get("spark.driver.memory"),
            start_session=start_session,
            more=[check_connect_packages()] if address else [],
        )
