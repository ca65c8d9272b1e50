"""Cells on a real dask scheduler with workers that are killed, join late, or see other files."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tcmoa_bench.store import RunStore
from tests.commands import PROGRAM, RAMP, call
from tests.run.runs import run, scores

pytest.importorskip("distributed")
pytestmark = pytest.mark.slow

FUSERS = """import os, signal, time
def slow(a, b, pair):
    time.sleep(0.3)
    return a
"""


class Cluster:
    """A scheduler and workers, as a user starts them."""

    def __init__(self, folder: Path, host: str = "") -> None:
        self.folder, self.processes = folder, []
        self.environment = os.environ | {
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
            "OMP_NUM_THREADS": "1",
        }
        file = folder / "scheduler.json"
        where = ("--host", host) if host else ()
        self._start("dask_scheduler", "--port", "0", "--scheduler-file", file, "--no-dashboard", *where)
        for _ in range(300):
            if file.is_file() and file.stat().st_size:
                break
            time.sleep(0.1)
        self.address = json.loads(file.read_text())["address"]

    def _start(self, program: str, *args: object, inside: str = "") -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{program}", *map(str, args)]
        if inside:
            command = ["ip", "netns", "exec", inside, *command]
        log = (self.folder / f"{program}.log").open("ab")
        # A group of its own: the nanny and its worker end together.
        process = subprocess.Popen(
            command, cwd=self.folder, env=self.environment, stdout=log, stderr=log, start_new_session=True
        )
        self.processes.append(process)
        return process

    def worker(self, inside: str = "") -> subprocess.Popen[bytes]:
        return self._start(
            *("dask_worker", self.address, "--nthreads", "1", "--no-dashboard"),
            *("--local-directory", self.folder),
            inside=inside,
        )

    def end(self) -> None:
        for process in self.processes:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Network:
    """A bridge of this machine and network namespaces on it: machines that see each other by their addresses alone."""

    def __init__(self, machines: int) -> None:
        mark = f"{os.getpid() % 65536:x}"
        net = f"10.{200 + os.getpid() % 50}.{os.getpid() // 50 % 250}"
        self.host, self.bridge = f"{net}.1", f"tb{mark}"
        self.names = [f"tb{mark}-{i}" for i in range(machines)]
        try:
            ip("link", "add", self.bridge, "type", "bridge")
            ip("addr", "add", f"{self.host}/24", "dev", self.bridge)
            ip("link", "set", self.bridge, "up")
            for i, name in enumerate(self.names):
                ip("netns", "add", name)
                ip("link", "add", f"v{mark}-{i}", "type", "veth", "peer", "name", "eth0", "netns", name)
                ip("link", "set", f"v{mark}-{i}", "master", self.bridge, "up")
                ip("-n", name, "addr", "add", f"{net}.{i + 2}/24", "dev", "eth0")
                ip("-n", name, "link", "set", "eth0", "up")
                ip("-n", name, "link", "set", "lo", "up")
        except (OSError, subprocess.CalledProcessError) as error:
            self.end()
            pytest.skip(f"no network namespaces here: {getattr(error, 'stderr', None) or error}")

    def end(self) -> None:
        for words in (*(("netns", "del", name) for name in self.names), ("link", "del", self.bridge)):
            with contextlib.suppress(OSError, subprocess.CalledProcessError):
                ip(*words)


def ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def network():
    made = Network(4)
    yield made
    made.end()


@pytest.fixture
def cluster(tmp_path):
    (tmp_path / "dask").mkdir()
    made = Cluster(tmp_path / "dask")
    yield made
    made.end()


def suite_of(pairs, count):
    return pairs({f"p{i:02}": (np.roll(RAMP, i), RAMP.T.copy()) for i in range(count)})


def start(suite, out, cluster, *args):
    command = ["run", "--suite", suite, "--out", out, "--no-report", "--scheduler", cluster.address, *args]
    return subprocess.Popen(
        [*PROGRAM, *map(str, command)],
        cwd=out.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def bits(folder):
    return {key: np.float64(value).tobytes() for key, value in scores(folder).items()}


def a_run_with_a_death_and_a_birth(pairs, tmp_path, cluster, machines):
    """Three workers, one killed midway, one that joins late: all cells are done, and are those of a run without them."""
    (tmp_path / "made.py").write_text(FUSERS)
    suite = suite_of(pairs, 24)
    workers = [cluster.worker(machine) for machine in machines[:3]]
    process = start(suite, tmp_path / "run", cluster, "--fusers", "made:slow,average")
    done = 0
    while done < 6 and process.poll() is None:
        time.sleep(0.1)
        if (tmp_path / "run/run.sqlite").is_file():
            done = len(list((tmp_path / "run").glob("fused/*/pairs/*.png")))
    kill(workers[0])
    cluster.worker(machines[3])
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "48 cells computed" in out
    assert not list((tmp_path / "run").glob(".writing*"))
    assert run(suite, tmp_path / "here", "--fusers", "average").code == 0
    by_fuser = {key[:3]: value for key, value in bits(tmp_path / "run").items() if key[1] == "average"}
    assert by_fuser == bits(tmp_path / "here")


def test_a_worker_killed_midway_and_one_that_joins_late_change_nothing(pairs, tmp_path, cluster):
    a_run_with_a_death_and_a_birth(pairs, tmp_path, cluster, [""] * 4)


@pytest.mark.skipif(shutil.which("ip") is None, reason="needs iproute2")
def test_workers_in_networks_of_their_own(pairs, tmp_path, network):
    """Each worker has a network namespace of its own on a bridge, as machines on a switch: nothing goes by loopback."""
    (tmp_path / "dask").mkdir()
    cluster = Cluster(tmp_path / "dask", network.host)
    try:
        a_run_with_a_death_and_a_birth(pairs, tmp_path, cluster, network.names)
        log = (tmp_path / "dask/dask_worker.log").read_text()
        addresses = set(re.findall(r"Start worker at:\s+tcp://([\d.]+)", log))
        assert len(addresses) == 4
        assert addresses <= {f"{network.host[:-1]}{i}" for i in range(2, 6)}
    finally:
        cluster.end()


def test_cells_that_kill_or_hang_fail_and_the_others_are_done(pairs, tmp_path, cluster):
    """p03 ends the dask worker itself, p05 the process of its own that the worker gives a cell, p06 hangs in it."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import os, signal, sys, time\n"
        "if 'tcmoa_bench.run.workers:serve' in ' '.join(sys.orig_argv):\n"
        "    import tcmoa_bench.run.cells as cells\n"
        "    inner = cells._sources\n"
        "    def deadly(pair):\n"
        "        if pair.name == 'p03': os.kill(os.getppid(), signal.SIGKILL)\n"
        "        if pair.name == 'p05': os.kill(os.getpid(), signal.SIGKILL)\n"
        "        if pair.name == 'p06': time.sleep(100)\n"
        "        return inner(pair)\n"
        "    cells._sources = deadly\n"
    )
    cluster.environment["PYTHONPATH"] = os.pathsep.join(
        [str(site), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    suite = suite_of(pairs, 8)
    for _ in range(3):
        cluster.worker()
    process = start(suite, tmp_path / "run", cluster, "--fusers", "average,maximum", "--timeout", "2")
    out, err = process.communicate(timeout=200)
    assert process.returncode == 1, err
    assert "10 cells computed" in out
    with RunStore.open(tmp_path / "run") as store:
        cells = store.cells()
    failed = cells[cells["status"] == "failed"]
    causes = {
        "p03": "every worker that took it was killed, the last at tcp://",
        "p05": "the worker process was killed by SIGKILL (out of memory, or ended by somebody) while reading the pair",
        "p06": "took longer than 2 s reading the pair and was ended",
    }
    assert set(failed["pair"]) == set(causes)
    assert all(causes[row.pair] in row.message for row in failed.itertuples())


def test_no_scheduler_and_no_workers_are_said_plainly(pairs, tmp_path, cluster, monkeypatch):
    from tcmoa_bench.run import cluster as module

    suite = suite_of(pairs, 1)
    result = run(suite, tmp_path / "r1", "--fusers", "average", "--scheduler", "tcp://127.0.0.1:1")
    assert result.code == 2
    assert "no dask scheduler answers at tcp://127.0.0.1:1" in result.err
    assert run(suite, tmp_path / "r2", "--fusers", "average", "--scheduler", "what is this").code == 2
    monkeypatch.setattr(module, "WORKERS", 1)
    result = run(suite, tmp_path / "r3", "--fusers", "average", "--scheduler", cluster.address)
    assert result.code == 2
    assert "has no workers after 1 s; start some with `dask worker tcp://" in result.err


def test_a_scheduler_that_goes_away_ends_the_run_and_loses_nothing(pairs, tmp_path, cluster):
    (tmp_path / "made.py").write_text(FUSERS)
    suite = suite_of(pairs, 30)
    cluster.worker()
    process = start(suite, tmp_path / "run", cluster, "--fusers", "made:slow")
    while process.poll() is None and len(list((tmp_path / "run").glob("fused/*/pairs/*.png"))) < 10:
        time.sleep(0.1)
    kill(cluster.processes[0])
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2, err
    assert "went away; finished cells are stored" in err
    assert "Traceback" not in err, err
    again = call("run", "--suite", suite, "--out", tmp_path / "run", "--no-report", "--fusers", "average")
    assert again.code == 0


def test_a_worker_that_sees_other_bytes_refuses(pairs, tmp_path, monkeypatch):
    """What a worker does with a batch, on a machine whose folders are others."""
    from tcmoa_bench.run import cluster as module
    from tcmoa_bench.run.choice import Choice
    from tcmoa_bench.run.plan import make_plan
    from tcmoa_bench.run.request import Request
    from tcmoa_bench.run.suite import load_suite

    suite = suite_of(pairs, 2)
    plan = make_plan(
        Request(load_suite(str(suite)), tmp_path / "run", fusers=("average",), choice=Choice()), None
    )
    (tmp_path / "run").mkdir()
    hashes = plan.sources.hashes
    with module._token(tmp_path / "run") as token:
        good = module._work(plan.todo, hashes, str(tmp_path), token)
        assert [result.status for result in good] == ["done", "done"]
        (tmp_path / "A/p00.png").write_bytes((tmp_path / "A/p01.png").read_bytes())
        (tmp_path / "B/p01.png").unlink()
        for result, words in zip(
            module._work(plan.todo, hashes, str(tmp_path), token),
            ["A/p00.png as the client does (other bytes", "B/p01.png as the client does (no such file"],
            strict=True,
        ):
            assert result.status == "failed"
            assert words in result.message
        (gone, _) = module._work(plan.todo, hashes, str(tmp_path / "nowhere"), token)
        assert "nowhere as the client does (No such file" in gone.message
    (late, _) = module._work(plan.todo, hashes, str(tmp_path), token)
    assert "not the client's folder" in late.message


def test_the_script_for_slurm_starts_workers_as_the_page_says():
    """docs/scaling.md: dask-jobqueue writes the job script; its resources and its worker are those of the page."""
    pytest.importorskip("dask_jobqueue")
    from dask_jobqueue import SLURMCluster

    from tests.conftest import ROOT

    page = (ROOT / "docs/scaling.md").read_text("utf-8")
    code = page.split("```python\n", 1)[1].split("```", 1)[0]
    made: dict[str, object] = {}
    exec(code.split("# from here on")[0], {"SLURMCluster": SLURMCluster}, made)
    cluster = made["cluster"]
    script = cluster.job_script()
    cluster.close()
    for line in ("#SBATCH --cpus-per-task=8", "#SBATCH --mem=30G", "#SBATCH -t 04:00:00"):
        assert line in script
    assert "--nthreads 1 " in script
    assert "--nworkers 8 " in script
    assert "OMP_NUM_THREADS=1" in script
