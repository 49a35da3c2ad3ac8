"""The sample, loaded once for the tests that look at it."""

import pytest
from harness.dev import commands, start_dev


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """`layer dev --sample` with the whole package catalogue of this machine in it."""
    program = start_dev(tmp_path_factory.mktemp("sample"), "--sample")
    commands(program)
    yield program
    program.stop()
