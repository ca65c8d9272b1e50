# Everything a fresh machine needs: `make bench` shows the result, `make test` checks it, `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: bench test test-slow test-oldest lint types docs hooks env env-locked lock help paper-tables baselines-parity

bench: $(READY) ## the embedded sample from start to HTML report (default)
	$(BIN)/tcmoa-bench run --suite vif

test: $(READY) ## the tests, without the slow ones
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

test-slow: $(READY) ## the slow tests alone
	$(BIN)/python -m pytest -n 2 --dist loadfile -m slow

# The parts that a dependency could move, in an environment of their own.
OLDEST := build/oldest
test-oldest: ## metrics, fusers, TC-MoA, runs and reports with the oldest allowed dependencies (8 GB in build/)
	rm -rf $(OLDEST) && $(PYTHON) -m venv $(OLDEST)
	$(PYTHON) .ci/oldest.py > $(OLDEST)/constraints.txt
	$(OLDEST)/bin/python -m pip install -q --disable-pip-version-check -c $(OLDEST)/constraints.txt -e ".[dev]"
	$(OLDEST)/bin/python -m pytest -n 2 --dist loadfile -m "not slow" tests/metrics tests/tcmoa tests/baselines/deep \
	  tests/baselines/test_golden.py tests/baselines/test_float_golden.py tests/run/test_cells.py tests/run/test_plan.py \
	  tests/run/test_runner.py tests/run/test_cluster.py tests/labelled tests/reports tests/test_images.py tests/test_store.py

lint: $(READY) types ## ruff (rules and format) and mypy
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

# Type checkers do not follow the folder mapping of an editable install: they see a copy laid out as installed.
types: $(READY) ## mypy alone; --strict on the public modules (see pyproject.toml)
	rm -rf build/typed && mkdir -p build/typed && cp -r tcmoa_bench build/typed
	cp -r baselines datasets metrics reports build/typed/tcmoa_bench
	cd build/typed && ../../$(BIN)/mypy --config-file ../../pyproject.toml -p tcmoa_bench

docs: $(READY) ## the documentation as a site, into build/site; a warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

hooks: $(READY) ## let git run ruff and mypy before each commit
	$(BIN)/pre-commit install

# The papers' tables from the data at hand (DATA=folder of datasets); runs go on where they were.
DATA ?= $(TCMOA_BENCH_DATA)
MFIF_ROWS := IFCNN,MFF-GAN,FusionDN,PMGI,U2Fusion,GFF
paper-tables: $(READY) ## the papers' tables beside ours, into docs/paper/ (DATA=DIR)
	test -n "$(DATA)" || { echo "say where the datasets are: make paper-tables DATA=DIR"; exit 2; }
	$(BIN)/tcmoa-bench run --suite mff --data "$(DATA)" --fusers $(MFIF_ROWS) --out runs/paper-mff || test $$? -eq 1
	$(BIN)/tcmoa-bench run --suite vifb --data "$(DATA)" --out runs/paper-vifb || test $$? -eq 1
	for paper in tcmoa mfif vifb mefb; do \
	  $(BIN)/tcmoa-bench tables runs/paper-mff runs/paper-vifb --paper $$paper --format md -o docs/paper/$$paper.md; \
	done

# Every classical VIFB method fused from the raw sources, beside the published images.
baselines-parity: $(READY) ## classical fusers beside the published images, pixel by pixel
	$(BIN)/python -m benchmarks.published_pixels

env: $(READY) ## .venv with everything for development

# For Python 3.11 on Linux and x86-64; other machines take `make env`.
LOCK := .ci/requirements.txt
env-locked: ## .venv with exactly the files of .ci/requirements.txt, each checked by its hash
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(LOCK)
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(READY)

lock: ## .ci/requirements.txt again, keeping what pyproject.toml still allows; LOCK_OPTIONS=--upgrade renews it (needs uv)
	UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile pyproject.toml --extra dev --generate-hashes --no-annotate -q \
	  --python-version 3.11.7 --python-platform x86_64-unknown-linux-gnu $(LOCK_OPTIONS) -o $(LOCK)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install -q --disable-pip-version-check -e ".[dev]"
	touch $@
