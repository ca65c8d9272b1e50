# Everything a fresh machine needs: `make bench` shows the result, `make test` checks it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: bench test test-slow lint env paper-tables baselines-parity

bench: $(READY)
	$(BIN)/tcmoa-bench run --suite vif

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

test-slow: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m slow

lint: $(READY)
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	# Type checkers do not follow the folder mapping of an editable install: they see a plain one.
	rm -rf build/typed && $(BIN)/python -m pip install -q --no-deps --target build/typed .
	cd build/typed && ../../$(BIN)/mypy --config-file ../../pyproject.toml -p tcmoa_bench

# The papers' tables from the data at hand (DATA=folder of datasets); runs go on where they were.
DATA ?= $(TCMOA_BENCH_DATA)
MFIF_ROWS := IFCNN,MFF-GAN,FusionDN,PMGI,U2Fusion,GFF
paper-tables: $(READY)
	test -n "$(DATA)" || { echo "say where the datasets are: make paper-tables DATA=DIR"; exit 2; }
	$(BIN)/tcmoa-bench run --suite mff --data "$(DATA)" --fusers $(MFIF_ROWS) --out runs/paper-mff || test $$? -eq 1
	$(BIN)/tcmoa-bench run --suite vifb --data "$(DATA)" --out runs/paper-vifb || test $$? -eq 1
	for paper in tcmoa mfif vifb mefb; do \
	  $(BIN)/tcmoa-bench tables runs/paper-mff runs/paper-vifb --paper $$paper --format md -o docs/paper/$$paper.md; \
	done

# Every classical VIFB method fused from the raw sources, beside the published images.
baselines-parity: $(READY)
	$(BIN)/python -m benchmarks.published_pixels

env: $(READY)

$(READY): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install -q --disable-pip-version-check -e ".[dev]"
	touch $@
