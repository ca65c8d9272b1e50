"""A fuser that counts its calls."""

import pytest


@pytest.fixture
def copier(tmp_path, monkeypatch):
    """A command that copies A and logs its calls."""
    (tmp_path / "copier.py").write_text(
        "import shutil, sys\nshutil.copyfile(sys.argv[1], sys.argv[2])\nopen('calls.log', 'a').write('call\\n')\n"
    )
    monkeypatch.chdir(tmp_path)
    return lambda: len((tmp_path / "calls.log").read_text().splitlines())
