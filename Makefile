# Every step of the life of this project is one target; `make` alone shows them.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install run test check generate lock bench chaos clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; found " + sys.version.split()[0] + "; set PYTHON=" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

install: $(STAMP) ## install everything into .venv

run: $(STAMP) ## run it all with a simulated contact centre; ARGS="--for 60s --scenario nps-drop"
	@$(BIN)/feedback-stream demo $(ARGS)

test: $(STAMP) ## run the whole test suite; ARGS goes to pytest
	$(BIN)/python -m pytest $(ARGS)

check: $(STAMP) ## lint, types, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m stream.schemas docs/schemas --check
	$(BIN)/python -m stream.reference docs --check
	$(BIN)/feedback-stream mixin validate deploy
	$(BIN)/python -m tests.text.measure --check
	$(BIN)/python -m tests.pictures docs/images --check

generate: $(STAMP) ## write the generated files anew
	$(BIN)/ruff format .
	$(BIN)/python -m stream.schemas docs/schemas
	$(BIN)/python -m stream.reference docs
	$(BIN)/feedback-stream mixin generate deploy
	$(BIN)/python -m tests.text.measure
	$(BIN)/python -m tests.pictures docs/images

lock: $(STAMP) ## pin what the image installs; ARGS="--upgrade" for newer versions
	$(BIN)/uv pip compile --quiet --no-annotate --python-version 3.11 --python-platform linux --extra text \
		--custom-compile-command "make lock" $(ARGS) --output-file deploy/requirements.txt pyproject.toml

bench: $(STAMP) ## measure beside other stream processors, on real Kafka; writes benchmarks/results.md
	$(BIN)/python -m benchmarks.run $(ARGS)

chaos: $(STAMP) ## kill, pause and redeploy workers and brokers for half an hour; ARGS="--minutes 5"
	@$(BIN)/python -m tests.chaos.run $(ARGS)

clean: ## remove what was installed and generated for this machine
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .feedback-stream
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
