"""One process of the distributed training that `test_train` starts with torchrun: DATA FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from tcmoa_bench.tcmoa.train.start import join_processes
from tests.tcmoa.test_train import GENTLE, trainer

if __name__ == "__main__":
    torch.set_num_threads(1)
    join_processes("cpu")
    trainer(Path(sys.argv[1]), Path(sys.argv[2]), GENTLE).run(until=2)
    torch.distributed.destroy_process_group()
