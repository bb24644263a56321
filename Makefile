# Two commands do all the set-up on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test check fix docs clean install

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tinsmith needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --upgrade 'pip>=25.1'
	$(PIP) install --quiet --editable '.[learn,server,postgres]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) install --quiet --editable '.[learn,server,postgres,formats,explore,cluster]' --group dev
	@touch $@

install: $(VENV)/.installed ## Tinsmith itself, into .venv

demo: $(VENV)/.installed ## real recordings to verified firmware, in a few minutes
	$(BIN)/tinsmith demo --out build/demo

test: $(VENV)/.installed-dev ## everything: format, lint, types, layers, all tests
	$(BIN)/python tools/check.py

check: $(VENV)/.installed-dev ## the fast inner loop: format, lint, types, layers, quick tests
	$(BIN)/python tools/check.py --quick

fix: $(VENV)/.installed-dev ## formats the sources and applies safe lint fixes
	$(BIN)/ruff format src tests benchmarks tools
	$(BIN)/ruff check --fix src tests benchmarks tools
	find runtime -name '*.[ch]' -o -name '*.hpp' | xargs $(BIN)/clang-format -i

docs: $(VENV)/.installed ## regenerates docs/reference from the manifests
	$(BIN)/python tools/docs.py

clean: ## removes what was built here (not the user's caches)
	rm -rf build dist $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
