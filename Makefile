# Each command makes the environment it needs, in .venv. Python 3.11 or newer is all it takes.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo "$$python" && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
SOURCES := $(shell find src -name '*.py' -o -name '*.html') hatch_build.py \
	$(shell find frontend -type f -not -path '*/node_modules/*' 2>/dev/null)
PIP := $(BIN)/python -m pip install --quiet
PYTEST := $(BIN)/python -m pytest
# A process a core, and a file after the other to whichever is free: tests/conftest.py says how.
WORKERS ?= auto
PARALLEL := -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: play demo test test-all coverage quick frameworks check format docs bench big learning accuracy clean

play: $(VENV)/.play $(VENV)/.package  ## the playground, in the browser
	@$(BIN)/neurona play

demo: $(VENV)/.demo $(VENV)/.package  ## the lesson's network learns the circles, live
	@$(BIN)/neurona demo circles

# Processes that share the cores need no threads besides: they would only wait for each other.
test test-all quick: export OMP_NUM_THREADS ?= 1

test: $(VENV)/.test $(VENV)/.package  ## the suite, on the installed package
	$(PYTEST) $(PARALLEL) -m "not long" $(COVERAGE) tests --pyargs neurona

coverage:  ## the suite, and which lines and branches it ran: 98 %
	@$(MAKE) test COVERAGE="--cov --cov-report=term"

# No browser, no notebook, no other library's networks: a minute or two, in any Python.
QUICK := engine/test_optimizers.py estimators/test_fit.py files/test_network.py tables \
	observe/test_numbers.py commands/test_predict.py

quick: export XLA_FLAGS ?=
quick: $(VENV)/.quick $(VENV)/.package  ## the part of the suite that needs no browser
	$(PYTEST) $(PARALLEL) -m "not long" $(addprefix tests/,$(QUICK)) --pyargs neurona.engine

frameworks: $(VENV)/.frameworks  ## PyTorch, Keras, more tables: the tests that need them run then too

test-all: $(VENV)/.test $(VENV)/.frameworks $(VENV)/.package  ## with the tests that take minutes
	$(PYTEST) $(PARALLEL) tests --pyargs neurona

check: $(VENV)/.check $(VENV)/.package  ## formatting, lint, types, imports, size, the page
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/count_engine.py
	$(BIN)/python scripts/check_page.py

format: $(VENV)/.check  ## put code in form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python scripts/check_page.py --format

docs: $(VENV)/.docs $(VENV)/.package  ## the site, in build/docs/index.html; a broken link fails
	$(BIN)/python -m sphinx --fail-on-warning --nitpicky -c docs -d build/doctrees . build/docs

bench: $(VENV)/.bench $(VENV)/.package  ## speed against the peers, all in one run
	$(BIN)/python -m benchmarks speed

big: $(VENV)/.bench $(VENV)/.package  ## a million rows, beside PyTorch: seconds and memory
	$(BIN)/python -m benchmarks big

learning: $(VENV)/.bench $(VENV)/.package  ## what is learnt, seed after seed
	$(BIN)/python -m benchmarks learning

accuracy: $(VENV)/.bench $(VENV)/.package  ## how right the estimators are, beside other models
	$(BIN)/python -m benchmarks accuracy

clean:
	rm -rf $(VENV) build dist output docs/figures docs/reference .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "neurona needs Python 3.11 or newer: set PYTHON=..."; exit 1; }
	@echo "making $(VENV) with $(PYTHON): a minute or two"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade pip

# One file marks what is installed; it is older than pyproject.toml when that has changed.
$(VENV)/.demo: pyproject.toml | $(BIN)/python
	@$(PIP) ".[demo]"
	@touch $@

$(VENV)/.play: pyproject.toml | $(BIN)/python
	@$(PIP) ".[play]"
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	@$(PIP) ".[demo,jax,notebook,play]" --group test
	@touch $@

$(VENV)/.quick: pyproject.toml | $(BIN)/python
	@$(PIP) ".[demo,jax,learn,parquet]" --group quick
	@touch $@

$(VENV)/.frameworks: pyproject.toml | $(BIN)/python
	@$(PIP) --group frameworks
	@touch $@

$(VENV)/.check: pyproject.toml | $(BIN)/python
	@$(PIP) ".[demo,jax,notebook,play]" --group check
	@touch $@

$(VENV)/.docs: pyproject.toml | $(BIN)/python
	@$(PIP) ".[all]" --group docs
	@touch $@

$(VENV)/.bench: pyproject.toml | $(BIN)/python
	@$(PIP) ".[demo,bench]"
	@$(PIP) --no-deps "ISLP>=0.4"  # one of its files is read; its packages are not needed for that
	@touch $@

# The package itself, anew when a source has changed.
$(VENV)/.package: $(SOURCES) pyproject.toml | $(BIN)/python
	@$(PIP) --no-deps --force-reinstall .
	@touch $@
