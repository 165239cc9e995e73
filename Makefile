# From a bare clone, with nothing but make and Python 3.11 or newer: `make demo`, `make test`.

PYTHON ?= python3
BIN := .venv/bin
# A worker that is done takes tests from the other.
PYTEST := $(BIN)/pytest -n auto --dist worksteal
# Or each process that a test starts would compile the source anew.
unexport PYTHONDONTWRITEBYTECODE
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check --no-input

.PHONY: help demo test test-fast lint reference docs docs-serve clean

help:  ## Say what can be made.
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile | expand -t 20

demo: .venv/.installed-local  ## Watch the whole loop on the real model (ARGS="--seed 1").
	$(BIN)/tinyarms model pull smollm2:135m
	$(BIN)/tinyarms demo $(ARGS)

test:  ## All checks and all tests, those on the real model too.
	$(MAKE) --jobs=2 lint test-fast  # mypy keeps one core busy
	$(PYTEST) -m "slow and not model"
	$(BIN)/pytest -m model

test-fast: .venv/.installed  ## The tests that need no model.
	$(PYTEST)

lint: .venv/.installed  ## Style, types, and which room may import which.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy src tools $(wildcard benchmarks/*.py examples/*.py)
	$(BIN)/lint-imports

reference: .venv/.installed  ## Write docs/cli.md, docs/skills.md and docs/json.md from the source.
	$(BIN)/python -m tools.reference

docs: reference .venv/.installed-docs  ## Build the documentation's site into site/.
	$(BIN)/zensical build --strict --clean
	$(BIN)/python -m tools.check_site site

docs-serve: docs  ## Show the site on http://127.0.0.1:8000 (the search needs a server).
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory site 8000

clean:  ## Take away all that was made here.
	rm -rf .venv .cache demo dist build site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests -name __pycache__ -prune -exec rm -rf {} +

.venv/.installed-local: pyproject.toml | .venv/.made
	@echo "Installing tinyarms into .venv ..."
	@$(PIP) install --editable '.[local]'
	@touch $@

.venv/.installed: pyproject.toml | .venv/.made
	@echo "Installing tinyarms and its tests' tools into .venv ..."
	@$(PIP) install --editable '.[local,dev,benchmarks]'
	@touch $@ .venv/.installed-local

.venv/.installed-docs: pyproject.toml | .venv/.made
	@echo "Installing the documentation's tools into .venv ..."
	@$(PIP) install --editable '.[docs]'
	@touch $@

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "tinyarms needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; \
	  exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@
