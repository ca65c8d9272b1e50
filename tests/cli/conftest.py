"""A picture to give to commands."""

import pytest

from tests.commands import RAMP, save


@pytest.fixture
def ramp(tmp_path):
    return save(tmp_path / "ramp.png", RAMP)
