# Commands for people and CI. A newcomer needs `make up` and `make test`.
STACK ?= local
PYTHON ?= python3
BIN := .venv/bin
# The API server of a rehearsal: one that is named, or that the tests have built.
KUBERNETES = $${TRIPOD_KUBERNETES-$$($(BIN)/python tools/binaries.py --cached)}

.PHONY: up down plan verify emulator test test-all test-fast boot-tools lint format bench generate lock clean

up: .venv/ready ## Bring a stack up: with the engine where `pulumi` is on PATH, otherwise as a rehearsal
	@TRIPOD_KUBERNETES="$(KUBERNETES)" $(BIN)/tripod up $(STACK)

down: .venv/ready ## Stop the emulated AWS of a stack; its resources are lost
	@$(BIN)/tripod down $(STACK)

plan: .venv/ready ## Show a stack's resources; no AWS, no network
	@$(BIN)/tripod plan $(STACK)

verify: .venv/ready ## Check a running cluster in AWS
	@$(BIN)/tripod verify $(STACK)

emulator: .venv/ready ## Run the emulated AWS until it is interrupted
	@$(BIN)/tripod emulator

test: .venv/ready ## Lint, unit, program and rehearsal tests: all that need pip packages alone, in nine minutes
	@$(BIN)/python tools/run_tests.py pip

test-all: .venv/ready ## The same, then tests with real binaries, virtual machines and the engine; skipped ones are named
	@$(BIN)/python tools/run_tests.py all

test-fast: .venv/ready ## Unit tests without those on emulated AWS, in under a minute
	@$(BIN)/python tools/run_tests.py fast

boot-tools: .venv/ready ## Install QEMU and mmdebstrap for the boot tests: Debian packages, as root
	@$(BIN)/python tools/boot_tools.py

lint: .venv/ready ## Style, types, and that generated files are up to date
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/basedpyright
	@$(BIN)/python tools/generate.py --check

format: .venv/ready ## Format what can be formatted
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: .venv/ready ## Time of commands; time, memory and graph depth of plans, beside the SDK's own mocks
	@$(BIN)/python tools/bench.py

generate: .venv/ready ## Write generated files: spec_types.py, pages of docs/, the lists of names and schema
	@$(BIN)/python tools/generate.py

lock: ## Pin every dependency by hash
	uv pip compile requirements.in components/pyproject.toml --extra cli --extra rehearsal --python-version 3.11 \
	  --generate-hashes --universal --no-emit-index-url --no-annotate --no-header --quiet --output-file requirements.lock

.venv/ready: requirements.lock components/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: PYTHON=... make up")'
	@echo "Installing into .venv (about a minute, once)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable components
	@touch $@

clean: ## Remove what was installed, built or cached
	rm -rf .venv .cache .pytest_cache .ruff_cache .hypothesis components/*.egg-info
