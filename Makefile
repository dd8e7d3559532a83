# Every target that needs packages depends on `setup`, which does nothing when they are up to date.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

USERS ?= 100000
GROUPS ?= 0
OUT ?= benchmarks/results/users-$(USERS)$(if $(filter-out 0,$(GROUPS)),-groups-$(GROUPS)).json
TESTS ?=
WORKERS ?= 2
EXAMPLES ?= 100
CLIENTS ?= 50
SECONDS ?= 20

.DEFAULT_GOAL := help
.PHONY: help setup run demo sample worker test test-fast lint types check format fuzz load bench lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## Install everything into .venv

run: setup ## Run everything on this machine until Ctrl-C (database, broker, API, workers)
	@$(BIN)/jim serve

demo: setup ## Show a whole synchronisation on sample data through the REST API, and stop
	@$(BIN)/python -m samples.demo

sample: setup ## Configure the running JIM with the sample systems, rules and run profiles
	@$(BIN)/python -m samples.install

worker: setup ## Run one more worker for the running instance, or for DATABASE_URL and REDIS_URL
	@$(BIN)/jim worker

test: setup ## Run all tests, or those named in TESTS, by WORKERS at a time
	$(BIN)/pytest -n $(WORKERS) --no-loadscope-reorder $(TESTS)

test-fast: setup ## Run the tests that need no database
	$(BIN)/pytest tests/unit

lint: setup types ## Check style, types, imports between floors, settings and migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python manage.py check
	$(BIN)/python -W "ignore:Got an error checking a consistent migration history" manage.py makemigrations --check --dry-run

types: setup ## Check types
	$(BIN)/mypy

check: lint test ## What CI runs

format: setup ## Write the code as ruff wants it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fuzz: setup ## Make up requests from the served OpenAPI document, EXAMPLES for each operation and caller
	JIM_FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/pytest --timeout 0 tests/fuzz

load: setup ## Measure the API under CLIENTS at once, for SECONDS each
	$(BIN)/python -m benchmarks.load --clients $(CLIENTS) --seconds $(SECONDS)

bench: setup ## Measure with USERS people and GROUPS groups; writes OUT
	@mkdir -p $(dir $(OUT))
	$(BIN)/python -m benchmarks.run --users $(USERS) --groups $(GROUPS) --out $(OUT)

LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --generate-hashes --universal --python-version 3.11 \
	--no-emit-index-url --no-header --no-annotate $(UPGRADE)

lock: setup ## Pin what pyproject.toml asks for (UPGRADE=--upgrade takes newer versions)
	$(LOCK) --extra dev -o requirements-dev.txt
	$(LOCK) -c requirements-dev.txt -o requirements.txt

clean: ## Remove .venv and caches; data in .jim stays
	rm -rf $(VENV) *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "JIM needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }
	@echo "Installing into $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
