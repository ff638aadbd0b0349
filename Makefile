# Every step of the life of this project is one target; `make` alone shows them, those of every day first.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DIST ?= dist
# uv trusts what the system trusts, as pip does.
export UV_SYSTEM_CERTS ?= true
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test check generate install coverage mutants bench chaos lock build clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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

install: $(STAMP) ## install everything into .venv; the other targets do it by themselves

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; found " + sys.version.split()[0] + "; set PYTHON=" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

coverage: $(STAMP) ## how much of stream/ the suite runs, child processes too; ARGS goes to pytest
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

mutants: $(STAMP) ## break KPIs in small ways, and see whether a test notices; ARGS="--minutes 5 --seed 2"
	$(BIN)/python -m tests.packaging.mutants $(ARGS)

bench: $(STAMP) ## measure beside other stream processors, on real Kafka; writes benchmarks/results.md
	$(BIN)/python -m benchmarks.run $(ARGS)

chaos: $(STAMP) ## kill, pause and redeploy workers and brokers for half an hour; ARGS="--minutes 5"
	@$(BIN)/python -m tests.chaos.run $(ARGS)

lock: $(STAMP) ## pin what the image installs, and list its licences; ARGS="--upgrade" for newer versions
	$(BIN)/uv pip compile --quiet --no-annotate --python-version 3.11 --python-platform linux --extra text \
		--custom-compile-command "make lock" $(ARGS) --output-file deploy/requirements.txt pyproject.toml
	$(BIN)/python -m tests.packaging.licences docs/licences.md

build: $(STAMP) ## build wheel and sdist, and list what the image installs (SBOM), into dist/
	rm -rf $(DIST)
	$(BIN)/uv build --quiet --out-dir $(DIST)
	$(BIN)/uv venv --quiet --python $(BIN)/python $(DIST)/image
	$(BIN)/uv pip install --quiet --python $(DIST)/image --no-deps -r deploy/requirements.txt $(DIST)/*.whl
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
		--output-file $(DIST)/sbom.cdx.json $(DIST)/image
	rm -rf $(DIST)/image

clean: ## remove what was installed and generated for this machine
	rm -rf $(VENV) dist .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .feedback-stream
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
