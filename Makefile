# proofdesk: every target installs what it needs inside this folder and writes nothing outside it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PROFILE ?= quick
DATA ?=
UV_VERSION := 0.13.9

VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready node_modules/.ready .solc/.ready

export PATH := $(CURDIR)/$(VENV)/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export SOLCX_BINARY_PATH := $(CURDIR)/.solc
export UV_CACHE_DIR ?= $(CURDIR)/.cache/uv
export PIP_CACHE_DIR ?= $(CURDIR)/.cache/pip
export npm_config_cache ?= $(CURDIR)/.cache/npm
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PROFILE

# Brownie and slither keep files in the home folder: theirs is inside the project.
RUN := HOME="$(CURDIR)/.home"
# Two at a time, a file's tests together: each has a chain of its own. One that hangs is named, and ends
# after so many seconds.
CLIENT_TESTS := $(RUN) $(PY) -m pytest tests -p no:pytest-brownie --ignore tests/brownie -n 2 --dist loadfile -q --timeout
BROWNIE_TESTS := $(RUN) brownie test -W ignore

.PHONY: help setup compile lint format test test-long prove wheels demo trial up down wheel bench snapshot lock clean distclean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */\1\t/' | \
	  while IFS=$$'\t' read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done

setup: $(READY) ## Install Python packages, node packages and the compiler into this folder

compile: setup ## Compile the contracts and generate ABIs, error classes and the table of moves
	$(PY) -m tools.build

lint: setup ## Check style, types, contracts and everything generated
	$(PY) -m tools.lint

format: setup ## Put Python and Solidity files into shape
	$(PY) -m ruff check --fix --quiet . || true
	$(PY) -m ruff format .
	prettier --write --log-level=warn 'contracts/**/*.sol' 'interfaces/**/*.sol'

test: compile ## Run all tests, quick profile
	PROFILE=quick $(CLIENT_TESTS) 300
	$(BROWNIE_TESTS)

test-long: compile ## Run all tests, long profile
	PROFILE=long $(CLIENT_TESTS) 7200
	$(BROWNIE_TESTS)

prove: setup .prove/.ready ## Prove what the vault and the judgement of claims promise (minutes; Python 3.11 or newer)
	$(RUN) $(PY) -m tools.prove

wheels: compile ## Try the wheel with web3 7 and 8 on every Python that this machine has
	PROFILE=long $(RUN) $(PY) -m pytest tests/wheel -p no:pytest-brownie

demo: compile ## Run a whole desk on a chain of its own and verify it
	$(RUN) $(PY) -m demo

trial: compile ## Serve every text of a file: make trial DATA=file.csv [COLUMN=text] [LIMIT=1000]
	@[ -n "$(DATA)" ] || { echo "make trial needs a csv or jsonl file with a text column: make trial DATA=path/to/file.csv" >&2; exit 2; }
	$(RUN) $(PY) -m demo.trial "$(DATA)" $(if $(COLUMN),--column "$(COLUMN)") $(if $(LIMIT),--limit "$(LIMIT)")

up: compile ## Leave a seeded desk running on a local chain
	$(RUN) $(PY) -m demo.up

down: setup ## End the desk that `make up` left running
	$(RUN) $(PY) -m demo.down

wheel: compile ## Build the wheel into dist/
	rm -f dist/proofdesk-*.whl
	$(PY) -m hatchling build -t wheel -d dist

bench: compile ## Measure gas and speed, write benchmarks/results.json
	$(RUN) $(PY) -m benchmarks

snapshot: compile ## Write storage layouts, contract sizes and a deployment's gas
	$(PY) -m tools.snapshot
	$(PY) -m tools.deployment_gas

lock: setup ## Resolve the dependencies of pyproject.toml anew and lock them
	$(VENV)/bin/uv pip compile pyproject.toml --extra brownie --extra cli --extra fast --extra fsspec --extra index --extra postgres --extra proof \
	  --extra relay --extra testing --group dev --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-annotate --no-header -q -o requirements-dev.lock
	$(VENV)/bin/uv pip compile --group node --universal --python-version 3.10 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header -q -o requirements-node.lock
	$(VENV)/bin/uv pip compile --group prove --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header -q -o requirements-prove.lock
	for web3 in web3-7 web3-8; do \
	  $(VENV)/bin/uv pip compile pyproject.toml --extra cli --extra fast --extra fsspec --extra index --extra testing --group $$web3 --universal \
	    --python-version 3.10 --generate-hashes --no-emit-index-url --no-annotate --no-header -q -o requirements-$$web3.lock; \
	done

clean: ## Remove what builds and tests left
	rm -rf build dist reports .hypothesis .pytest_cache .mypy_cache .ruff_cache crytic-export
	find . -name __pycache__ -not -path './.venv/*' -not -path './node_modules/*' -prune -exec rm -rf {} +

distclean: clean ## Remove the installed packages too
	rm -rf $(VENV) node_modules .cache .home .solc .prove

$(VENV)/.ready: requirements-dev.lock
	bash tools/install.sh python $(UV_VERSION)
	touch $@

node_modules/.ready: package-lock.json requirements-node.lock | $(VENV)/.ready
	bash tools/install.sh node
	touch $@

.solc/.ready: tools/solc/solc-v0.8.37 tools/install_solc.py brownie-config.yaml | $(VENV)/.ready node_modules/.ready
	$(PY) -m tools.install_solc
	touch $@

.prove/.ready: requirements-prove.lock | $(VENV)/.ready
	$(VENV)/bin/uv venv -q --clear --python ">=3.11" .prove
	$(VENV)/bin/uv pip install -q --python .prove/bin/python --require-hashes -r requirements-prove.lock
	touch $@
