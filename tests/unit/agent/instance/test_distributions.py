"""The agent with the versions of boto3 and cryptography that the distributions have."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from distribution_python import DISTRIBUTIONS, CannotInstallError, distribution_packages

AGENT_TESTS = Path(__file__).parent.parent
FILES = (
    "aws/test_credentials.py",
    "node/test_csr.py",
    "control_plane/test_csr_policy.py",
    "instance/test_topology_and_cloud.py",
)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_the_agents_tests_pass_with_the_distributions_packages(distribution: str) -> None:
    try:
        packages = str(distribution_packages(distribution))
    except CannotInstallError as error:
        pytest.skip(str(error))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((packages, os.environ.get("PYTHONPATH", "")))}
    where = "import boto3, cryptography; print(boto3.__file__, cryptography.__file__)"
    used = subprocess.run([sys.executable, "-c", where], env=environment, capture_output=True, text=True, check=True)
    assert [path.startswith(packages) for path in used.stdout.split()] == [True, True]
    command = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "ignore::DeprecationWarning")
    files = [str(AGENT_TESTS / file) for file in FILES]
    done = subprocess.run(
        [*command, *files], env=environment, cwd=AGENT_TESTS.parent.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:]
