# `make run` starts everything; `make test` runs every test. Both set up what they need, once; see README.md.
# `make bench BENCHES="deliver wave"` runs a selection of the benchmarks.
# Needs Python 3.11 or newer and nothing else. PYTHON=/path/to/python chooses one.

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
VENDOR := config/static/vendor
INSTALL := $(PY) -m pip install -qq --disable-pip-version-check --no-input --require-hashes --no-deps --only-binary :all:
CODE := auth care config notifications services tests
PYTEST := $(PY) -m pytest
# One process more than cores, since some tests wait; a file's tests stay together, as they share what they have started.
AT_ONCE = -n $(shell $(PY) -c "import os; print(min(4, 1 + (os.cpu_count() or 1)))") --dist loadfile --no-loadscope-reorder

# What is installed must import from bytecode, or a second start takes twice as long.
unexport PYTHONDONTWRITEBYTECODE

.DELETE_ON_ERROR:
.PHONY: run test lint bench chaos security setup lock clean FORCE

run: setup
	@exec $(BIN)/obhut up

setup: $(VENV)/.runtime $(VENDOR)/.made
	@:

test: $(VENV)/.dev $(VENDOR)/.made
	@$(PY) -m tests.servers
	@$(PYTEST) $(AT_ONCE)

lint: $(VENV)/.dev
	@$(PY) -m ruff check $(CODE)
	@$(PY) -m ruff format --check $(CODE)
	@$(PY) -m mypy
	@$(BIN)/lint-imports --no-cache

bench: $(VENV)/.dev $(VENDOR)/.made
	@$(PY) -m tests.servers
	@$(PY) -m tests.bench $(BENCHES)

chaos: $(VENV)/.dev $(VENDOR)/.made
	@$(PY) -m tests.servers
	@OBHUT_TEST_SEARCH=1 $(PYTEST) -m "chaos or hypothesis" tests/integration tests/unit

security: $(VENV)/.dev $(VENDOR)/.made
	@$(PY) -m tests.servers
	@OBHUT_TEST_IN_FULL=1 $(PYTEST) $(AT_ONCE) -m "security or not security" tests/security

# Writes the lock files anew with the newest releases that fit; the machine's own registry settings are not recorded.
lock: $(VENV)/.dev
	@$(PY) -m pip install -qq --disable-pip-version-check uv
	@COMPILE="$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-header"; \
	$$COMPILE --extra sandbox --extra dev pyproject.toml -o requirements-dev.lock && \
	$$COMPILE --extra sandbox --constraint requirements-dev.lock pyproject.toml -o requirements.lock && \
	$$COMPILE --no-deps tests/requirements-servers.in -o tests/requirements-servers.lock

clean:
	rm -rf $(VENV) $(VENDOR) node_modules

# A stamp is written when its step has succeeded, so that an interrupted set-up goes on where it stopped.
$(VENV)/.python: $(shell test -x $(PY) || echo FORCE)
	@PYTHON="$(PYTHON)" deploy/set-up.sh venv $(VENV)
	@touch $@

$(VENV)/.runtime: requirements.lock $(VENV)/.python
	@echo "Installing the locked dependencies …"
	@$(INSTALL) -r requirements.lock
	@deploy/set-up.sh link $(VENV)
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "Installing the locked tools for tests …"
	@$(INSTALL) -r requirements-dev.lock
	@touch $@

$(VENDOR)/.made: $(wildcard package.json package-lock.json config/assets.py config/translations/*/LC_MESSAGES/*.po) $(VENV)/.runtime
	@$(PY) -m config.assets
	@touch $@
