"""One standalone cluster, and one built wheel, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.standalone import Submitter, start_cluster
from tests.wheel import build_wheel, install_wheel


@pytest.fixture(scope="session")
def built_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def installed_wheel(built_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the installed wheel and nothing of the checkout."""
    folder = tmp_path_factory.mktemp("installed")
    install_wheel(built_wheel, folder)
    return folder


@pytest.fixture(scope="session")
def cluster_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the logs and the executors' work folders lie."""
    return tmp_path_factory.mktemp("cluster")


@pytest.fixture(scope="session")
def standalone_master_url(cluster_folder: Path) -> Iterator[str]:
    """URL of a running master with two workers."""
    with start_cluster(cluster_folder) as url:
        yield url


@pytest.fixture(scope="session")
def submit(standalone_master_url: str, installed_wheel: Path, cluster_folder: Path) -> Submitter:
    """``submit(script, *arguments, conf={})``: spark-submit to the cluster, with the wheel."""
    return Submitter(standalone_master_url, installed_wheel, cluster_folder)
