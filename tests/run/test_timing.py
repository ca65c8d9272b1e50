"""What `time` measures, and how it tells it."""

import csv
import io
import json
import time

import pytest
import torch

from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.reports.tables.efficiency import efficiency_table
from tcmoa_bench.run import timing
from tcmoa_bench.run.fusers import parse_spec
from tcmoa_bench.run.timing import Job, Protocol, Timing, in_own_process, measure, pictures, to_csv
from tcmoa_bench.types import FuserOptions, Networked, Task
from tests.baselines.deep.conftest import untrained
from tests.commands import call

QUICK = Protocol(warmup=2, repeats=4, seconds=5)


class Slow:
    """A fuser whose network sleeps for half of each call."""

    def __init__(self):
        self.record = parse_spec("average", FuserOptions()).create().record
        self.network = torch.nn.Conv2d(3, 5, 3, padding=1)
        self.forward = self.network
        self.calls = 0

    def watch(self, wrap):
        self.forward = wrap(self.forward)

    def inputs(self, pair):
        return ()

    def fuse(self, a, b, pair):
        self.calls += 1
        time.sleep(0.02)
        with torch.inference_mode():
            self.forward(torch.zeros(1, 3, *a.shape[:2]))
        return a


@pytest.fixture
def slow(monkeypatch):
    fuser = Slow()
    monkeypatch.setattr(
        timing, "parse_spec", lambda text, options: type("S", (), {"create": lambda self: fuser})()
    )
    return fuser


def test_calls_are_counted_and_the_networks_share_is_told(slow):
    found = measure(Job("slow", "", 40, 50, QUICK))
    assert slow.calls == 2 + 4 + 1  # warm-up, measured, operations counted
    assert found.calls == 4
    assert found.seconds >= 0.02 > found.network > 0
    assert found.low <= found.seconds <= found.high
    assert found.cpu < found.seconds  # it slept
    assert found.parameters == 3 * 5 * 9 + 5
    assert found.flops == 2 * 3 * 5 * 9 * 40 * 50
    assert (found.precision, found.task) == ("float32", "vif")


def test_a_long_call_is_measured_three_times(slow):
    assert measure(Job("slow", "", 40, 50, Protocol(warmup=1, repeats=9, seconds=0))).calls == 3


def test_a_fuser_without_a_network_has_no_parameters():
    found = measure(Job("average", "mef", 40, 50, QUICK))
    assert found.seconds > 0
    assert (found.network, found.parameters, found.flops, found.precision) == (None, None, None, "")
    assert found.task == "mef"


def test_every_network_here_can_be_watched(monkeypatch):
    fuser = untrained("seafusion")
    assert isinstance(fuser, NetworkFuser)
    assert isinstance(fuser, Networked)
    seen = []

    def around(function):
        def call_it(*args):
            seen.append(len(args))
            return function(*args)

        return call_it

    fuser.watch(around)
    fuser.run(*pictures(32, 48, Task.VIF), Task.VIF)
    assert seen == [2]


def test_tcmoa_is_watched_too_and_its_parameters_are_those_of_its_file():
    found = measure(Job("tcmoa-tiny", "vif", 64, 64, Protocol(1, 3, 0)))
    assert found.seconds > found.network > 0
    assert 0.5e6 < found.parameters < 2e6
    assert found.flops > 1e8


@pytest.mark.parametrize("task", list(Task))
def test_the_pictures_have_the_size_and_the_colours_of_the_task(task):
    a, b = pictures(40, 50, task)
    assert a.shape[:2] == b.shape[:2] == (40, 50)
    grays = {Task.VIF: (3, 2), Task.MED: (2, 3), Task.PAN: (2, 3)}
    assert (a.ndim, b.ndim) == grays.get(task, (3, 3))


def test_a_process_that_takes_too_long_or_fails_is_a_line_with_the_reason():
    slow = in_own_process(Job("average", "", 40, 50, Protocol(timeout=0.01)))
    assert slow.problem == "took longer than 0.01 s"
    bad = in_own_process(Job("mefnet", "", 40, 50, QUICK, "/nonexistent", {"weights": "/nonexistent"}))
    assert "no such weights file" in bad.problem
    assert bad.seconds is None


DONE = Timing("lp", "vif", 512, 640, "", 20, 0.0421, 0.04, 0.05, 0.041, None, None, None, 3 << 20)
NET = Timing(
    "net", "vif", 512, 640, "", 20, 1.5, 1.4, 1.6, 1.5, 1.25, 1_234_000, 45_600_000_000, 100 << 20, "float32"
)
BAD = Timing("bad", "vif", 512, 640, "took longer than 60 s")


def test_the_csv_has_timms_names_and_the_protocol():
    rows = list(csv.DictReader(io.StringIO(to_csv([DONE, NET, BAD], QUICK))))
    assert [row["model"] for row in rows] == ["lp", "net", "bad"]
    net = rows[1]
    assert (net["infer_samples_per_sec"], net["infer_step_time"], net["infer_img_size"]) == (
        "0.667",
        "1500.000",
        "640x512",
    )
    assert (net["infer_gflops"], net["param_count"], net["peak_memory_mib"]) == ("45.600", "1.2340", "100.0")
    assert (net["network_step_time"], net["threads"], net["warmup"], net["precision"]) == (
        "1250.000",
        "1",
        "2",
        "float32",
    )
    assert (rows[2]["infer_step_time"], rows[2]["problem"]) == ("", "took longer than 60 s")


def test_the_table_shows_spread_and_names_what_is_missing():
    table = efficiency_table(to_csv([DONE, NET, BAD], QUICK))
    assert table.title.endswith("at 640x512")
    cells = {label: [cell.text for cell in row] for label, row in table.rows}
    assert cells["net"] == ["1.234", "45.6", "1500.0 (1400-1600)", "1500.0", "1250.0", "100"]
    assert cells["lp"] == ["-", "-", "42.1 (40-50)", "41.0", "-", "3"]
    assert set(cells["bad"]) == {"-"}
    assert table.notes[-1] == "bad at 640x512: took longer than 60 s."
    other = Timing("lp", "vif", 1024, 1280, "", 3, 0.2, 0.2, 0.2, 0.2)
    both = efficiency_table(to_csv([DONE, other], QUICK))
    assert both.columns[2] == "Time, ms at 640x512"
    assert len(both.rows) == 1
    assert len(both.columns) == len(both.rows[0][1])


def test_the_file_is_named_by_the_hardware(monkeypatch):
    monkeypatch.setattr(timing, "hardware", lambda device: "AMD EPYC(TM) 7B13")
    name = timing.file_name(Protocol(threads=2), "half")
    version = torch.__version__.partition("+")[0]
    assert name == f"benchmark-fuse-half-pt{version}-cpu-amd-epyc-tm-7b13-2t.csv"


def test_the_command(tmp_path):
    done = call("time", "--fusers", "average", "--size", "64x48", "--repeats", 3, "--warmup", 1,
                "--csv", tmp_path, "--format", "json")  # fmt: skip
    assert done.code == 0, done.err
    assert "average 64x48: " in done.err
    json.loads(done.out)
    (file,) = tmp_path.glob("benchmark-fuse-float32-pt*-1t.csv")
    (row,) = csv.DictReader(file.open())
    assert (row["model"], row["infer_img_size"], row["calls"]) == ("average", "64x48", "3")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--fusers", "avrage"), "did you mean average"),
        (("--fusers", "average", "--size", "640"), "'640' is no size"),
        (("--fusers", "average", "--size", "0x5"), "'0x5' is no size"),
        (("--fusers", "average", "--device", "cuda:9"), "cuda:9"),
    ],
)
def test_what_cannot_be_measured_is_told_at_once(args, words):
    done = call("time", *args)
    assert (done.code, words in done.err) == (2, True), done.err
