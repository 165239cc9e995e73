# From a bare clone, with nothing but make and Python 3.11 or newer: `make demo`, `make test`.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check --no-input

.PHONY: help demo test test-fast lint clean

help:  ## Say what can be made.
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile | expand -t 20

demo: .venv/.installed-local  ## Watch the whole loop on the real model (ARGS="--seed 1").
	$(BIN)/tinyarms model pull smollm2:135m
	$(BIN)/tinyarms demo $(ARGS)

test: lint test-fast  ## All checks and all tests, those on the real model too.
	$(BIN)/pytest -m "model or slow"

test-fast: .venv/.installed  ## The tests that need no model.
	$(BIN)/pytest -n auto

lint: .venv/.installed  ## Style, types, and which room may import which.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy src $(wildcard benchmarks/*.py)
	$(BIN)/lint-imports

clean:  ## Take away all that was made here.
	rm -rf .venv demo dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests -name __pycache__ -prune -exec rm -rf {} +

.venv/.installed-local: pyproject.toml | .venv/.made
	@echo "Installing tinyarms into .venv ..."
	@$(PIP) install --editable '.[local]'
	@touch $@

.venv/.installed: pyproject.toml | .venv/.made
	@echo "Installing tinyarms and its tests' tools into .venv ..."
	@$(PIP) install --editable '.[local,dev]'
	@touch $@ .venv/.installed-local

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "tinyarms needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; \
	  exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@
