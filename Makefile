# Everything a developer or an operator types. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_ARGS ?=
# Four files of tests at a time: many wait for browsers and services, not for a processor.
TEST_ARGS ?= --numprocesses 4 --dist loadfile --no-loadscope-reorder
BENCH_ARGS ?=
FUZZ_ARGS ?=
CHAOS_ARGS ?=
FAILOVER_ARGS ?=
STEPS ?= 10000
DATA ?= ../shared/data

.DEFAULT_GOAL := help
.PHONY: help run test check bench soak bench-retrain chaos state-machine failover fuzz audit release lock format clean

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: $(VENV)/.runtime ## start the whole service on this machine
	@$(BIN)/moderation run $(RUN_ARGS)

test: $(VENV)/.dev ## run the whole test suite
	$(BIN)/python -m pytest $(TEST_ARGS)

check: $(VENV)/.dev ## lint, format check, strict types, architecture and docs tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py tests/test_docs.py

format: $(VENV)/.dev ## let ruff format and mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## measure everything that docs/benchmarks.md claims
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

soak: $(VENV)/.dev ## load the service for ten minutes and tell whether its memory grows
	$(BIN)/python -m benchmarks.soak $(BENCH_ARGS)

bench-retrain: $(VENV)/.dev ## what a site's own labels gain, forget and cost (DATA=folder of the labelled files)
	$(BIN)/python -m benchmarks.retrain --data $(DATA) $(BENCH_ARGS)

chaos: $(VENV)/.dev ## kill the service while it works, and check that it kept every promise (minutes)
	$(BIN)/python -m tests.chaos --data $(DATA) $(CHAOS_ARGS)

state-machine: $(VENV)/.dev ## compare the record with a plain model of it over STEPS random steps (minutes)
	$(BIN)/python -m tests.statemachine --steps $(STEPS)

failover: $(VENV)/.dev ## kill primaries under load and count the acknowledged comments that are gone (minutes)
	$(BIN)/python -m tests.scale $(FAILOVER_ARGS)

fuzz: $(VENV)/.dev ## search for inputs that break a reader (FUZZ_ARGS="--seconds 300 html"; guided where atheris is installed)
	$(BIN)/python -m tests.fuzz $(FUZZ_ARGS)

audit: $(VENV)-audit/bin/pip-audit ## known vulnerabilities of the locked dependencies, dangerous calls in the source (asks PyPI)
	$(VENV)-audit/bin/bandit --quiet --recursive --severity-level medium moderation workers models
	$(VENV)-audit/bin/pip-audit --strict --disable-pip --require-hashes --requirement requirements.lock --requirement requirements-dev.lock

$(VENV)-audit/bin/pip-audit:
	@$(PYTHON) -m venv $(VENV)-audit
	@$(VENV)-audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit bandit

release: $(VENV)/.dev ## train the shipped classifier anew (DATA=folder of the labelled files)
	$(BIN)/python -m models.learning.build $(DATA)
	$(BIN)/python -m models.learning.frequencies $(DATA)

lock: ## resolve the dependencies anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra build pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## remove the environment and caches, never data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache *.egg-info

# The stamps make a second `make run` start at once. Installation is by hash only.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say which: make run PYTHON=python3.12")'
	@echo "Making an environment in $(VENV) and installing what the service needs (once, about a minute) ..." >&2
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "Installing what tests and checks need (once) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
