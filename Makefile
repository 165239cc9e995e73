# From a bare clone, with nothing but make and Python 3.11 or newer: `make demo`, `make test`.

PYTHON ?= python3
BIN := .venv/bin
# A worker that is done takes tests from the other.
PYTEST := $(BIN)/pytest -n auto --dist worksteal
# Or each process that a test starts would compile the source anew.
unexport PYTHONDONTWRITEBYTECODE
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check --no-input
# Only what a file of requirements/ names, with its hash: pip looks for nothing else and builds
# nothing, so no other package's code runs. WHEELS= lets pip build what has no wheel.
WHEELS ?= --only-binary :all:
LOCKED = $(PIP) install --no-deps --require-hashes $(WHEELS) --requirement
TO_BUILD := --requirement requirements/build.txt
EDITABLE = $(PIP) install --no-deps --no-build-isolation --editable .
comma := ,
NOT_LOCKED = { echo "pip could not install $<: see above. It has files for Linux, and for macOS 14 on ARM."; \
	  echo "Elsewhere, install without hashes: $(BIN)/pip install --editable '.[$(1)]' && touch $@"; exit 1; }
# Python 3.11 is the oldest that the locks are for. A version that is locked stays; see UPGRADE.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-annotate --no-header $(UPGRADE)
LIKE_DEV := --constraint requirements/dev.txt

.PHONY: help demo test test-fast lint reference docs docs-serve lock sbom clean

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

lock: .venv/.installed-lock  ## Write requirements/*.txt from pyproject.toml (UPGRADE=--upgrade for newer ones).
	$(COMPILE) pyproject.toml --extra local --extra dev --extra benchmarks --group sbom \
	  --output-file requirements/dev.txt
	$(COMPILE) pyproject.toml --extra local $(LIKE_DEV) --output-file requirements/local.txt
	$(COMPILE) pyproject.toml --extra docs $(LIKE_DEV) --output-file requirements/docs.txt
	$(COMPILE) --group build $(LIKE_DEV) --output-file requirements/build.txt
	$(COMPILE) --group lock $(LIKE_DEV) --output-file requirements/lock.txt

sbom: .venv/.installed  ## List all that an installation may have in dist/tinyarms.cdx.json (CycloneDX).
	$(BIN)/python -m tools.sbom dist/tinyarms.cdx.json

clean:  ## Take away all that was made here.
	rm -rf .venv .cache demo dist build site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests -name __pycache__ -prune -exec rm -rf {} +

.venv/.installed-local: requirements/local.txt pyproject.toml | .venv/.made
	@echo "Installing tinyarms into .venv ..."
	@$(LOCKED) $< $(TO_BUILD) && $(EDITABLE) || $(call NOT_LOCKED,local)
	@touch $@

.venv/.installed: requirements/dev.txt pyproject.toml | .venv/.made
	@echo "Installing tinyarms and its tests' tools into .venv ..."
	@$(LOCKED) $< $(TO_BUILD) && $(EDITABLE) || $(call NOT_LOCKED,local$(comma)dev$(comma)benchmarks)
	@touch $@ .venv/.installed-local

.venv/.installed-docs: requirements/docs.txt pyproject.toml | .venv/.made
	@echo "Installing the documentation's tools into .venv ..."
	@$(LOCKED) $< $(TO_BUILD) && $(EDITABLE) || $(call NOT_LOCKED,docs)
	@touch $@

.venv/.installed-lock: requirements/lock.txt | .venv/.made
	@echo "Installing what makes the locks into .venv ..."
	@$(LOCKED) $< || { echo "pip could not install $<: see above."; exit 1; }
	@touch $@

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "tinyarms needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; \
	  exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@
