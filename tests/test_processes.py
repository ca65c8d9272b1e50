"""Processes of our own end without a word when nobody is left to hear them."""

import tempfile
from multiprocessing.connection import Connection

import pytest

from tcmoa_bench.processes import Process


def speak(pipe: Connection) -> None:
    """Answer until the other end is gone, as a worker does whose caller was killed."""
    pipe.recv()
    while True:
        pipe.send("still at work")


def listen(pipe: Connection) -> None:
    """Wait for a question that does not come."""
    pipe.recv()
    pipe.recv()


@pytest.mark.parametrize("serve", ["speak", "listen"])
def test_a_process_whose_caller_is_gone_ends_without_a_word(serve: str) -> None:
    with tempfile.TemporaryFile() as output:
        process = Process(f"{__name__}:{serve}", output)
        process.send("begin")
        process.pipe.close()
        assert process._child.wait(30) == 0
        output.seek(0)
        assert output.read() == b""
