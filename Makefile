# Milepost: everything a person or CI runs. `make` alone lists the targets.

PYTHON ?= python3
SEEDS ?= 20000
SAMPLE = tools/milepost_tools/demo/sample
CDNOW_ENDS = 1998-07-01T00:00:00-04:00
REGION ?= $(or $(AWS_REGION),$(AWS_DEFAULT_REGION),us-east-1)

PIP = -m pip --disable-pip-version-check --quiet --quiet install
SAM = SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=$(REGION) .venv-sam/bin/sam
INTEGRATIONS = integrations/ses/template.yaml integrations/webhook/template.yaml integrations/braze/template.yaml
# What it skips, and why, stands in .checkov.yaml.
CHECKOV = .venv-checkov/bin/checkov --skip-download --quiet --compact --framework cloudformation
UV = env -u PIP_FIND_LINKS .venv-lock/bin/uv pip compile --quiet --no-config --upgrade --universal \
	--python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links

# Lambda's Python, which `sam build` wants on PATH: the first of these that really runs.
LAMBDA_PYTHON = $(shell for p in python3.13 "$$HOME"/.pyenv/versions/3.13*/bin/python3.13 \
	"$$HOME"/.local/share/uv/python/cpython-3.13*/bin/python3.13; do \
	"$$p" -c 'import os, sys; print(os.path.dirname(sys.executable))' 2>/dev/null && break; done)

.DEFAULT_GOAL := help
.PHONY: help setup demo cdnow test channels prove planted fuzz bench check audit sbom format build deploy lock clean catalog python lambda-python
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.stamp ## make .venv with everything pinned in locks/all.txt

demo: setup ## show Milepost at work, on this machine, without an AWS account
	@.venv/bin/milepost demo

cdnow: setup ## simulate nudges to all 23,570 customers of the music shop, and check every decision
	@mkdir -p build/cdnow
	@.venv/bin/python -m milepost_tools.demo.make_sample --everybody build/cdnow/events.ndjson.gz
	@.venv/bin/milepost simulate build/cdnow/events.ndjson.gz --catalog $(SAMPLE)/catalog.yaml --as-of $(CDNOW_ENDS) \
	--outcomes build/cdnow/outcomes.ndjson --nudges build/cdnow/nudges.ndjson --deferrals
	@.venv/bin/python -m milepost_tools.demo.checking.check build/cdnow/events.ndjson.gz $(SAMPLE)/catalog.yaml \
	build/cdnow/outcomes.ndjson build/cdnow/nudges.ndjson $(CDNOW_ENDS)

test: setup ## run the tests
	@.venv/bin/python -m pytest --numprocesses auto --dist loadgroup

channels: setup ## deliver 1,000 nudges through each channel integration while a tenth of the requests fail
	@.venv/bin/python -m pytest --quiet --capture=no tests/integrations/test_a_thousand_nudges.py

prove: setup ## run thousands of simulated histories full of faults, and one with a crash at every call and every two
	@.venv/bin/milepost prove --seeds $(SEEDS)
	@.venv/bin/milepost prove --crashes

planted: setup ## plant bugs in the code, and see the simulation find each
	@.venv/bin/milepost prove --planted

check: setup .venv-sam/.stamp .venv-checkov/.stamp .venv-audit/.stamp ## format, lint, types, layers, template, security
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo
	.venv/bin/bandit --quiet --recursive --configfile pyproject.toml shared functions tools integrations
	.venv-sam/bin/cfn-lint template.yaml $(INTEGRATIONS)
	$(SAM) validate --lint
	$(CHECKOV) --file template.yaml $(INTEGRATIONS)
	.venv-audit/bin/zizmor --offline --quiet --persona pedantic .github

fuzz: setup ## try a million hostile inputs at everything that crosses the boundary
	@.venv/bin/python -m tests.fuzz

bench: setup ## hold what an event costs, and the README's table of it, against the goals
	.venv/bin/milepost bench hotpath --gate --readme README.md

audit: .venv-audit/.stamp ## ask for known vulnerabilities of what is locked; needs the network
	@for each in shared/requirements.txt functions/publish/requirements.txt integrations/shared/requirements.txt \
	locks/*.txt; do echo "$$each"; \
	.venv-audit/bin/pip-audit --strict --disable-pip --require-hashes --requirement "$$each" || exit 1; done

sbom: .venv-audit/.stamp ## write what is deployed beside our code, as CycloneDX, into dist/sbom.json
	@mkdir -p dist
	@cat shared/requirements.txt functions/publish/requirements.txt | PYTHONWARNINGS=ignore .venv-audit/bin/cyclonedx-py \
	requirements --output-reproducible --output-file dist/sbom.json --pyproject pyproject.toml --mc-type application -

format: setup ## format the code, and fix what lint can fix
	.venv/bin/ruff check --fix-only
	.venv/bin/ruff format

build: lambda-python setup catalog .venv-sam/.stamp ## build what `make deploy` deploys, into .aws-sam
	@PATH="$(LAMBDA_PYTHON):$$PATH" $(SAM) build

deploy: build ## build, then deploy to your AWS account, asking for what it needs
	@$(SAM) deploy --guided

catalog: setup
	@.venv/bin/milepost build

lock: .venv-lock/.stamp ## pin the newest versions that pyproject.toml allows
	$(UV) --extra runtime --extra publish --extra local --extra dev -o locks/all.txt pyproject.toml
	$(UV) --extra pip -o locks/pip.txt pyproject.toml
	$(UV) --extra sam -o locks/sam.txt pyproject.toml
	$(UV) --extra checkov -o locks/checkov.txt pyproject.toml
	$(UV) --extra audit -o locks/audit.txt pyproject.toml
	$(UV) --extra runtime --constraint locks/all.txt -o shared/requirements.txt pyproject.toml
	$(UV) --extra publish --constraint locks/all.txt -o functions/publish/requirements.txt pyproject.toml
	$(UV) --extra channels --constraint locks/all.txt -o integrations/shared/requirements.txt pyproject.toml

clean: ## remove the environments and everything built
	rm -rf .venv .venv-* .aws-sam build dist *.egg-info .coverage* .*_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "Milepost needs Python 3.11 or newer, and '$(PYTHON)' is not: try 'make $(MAKECMDGOALS) PYTHON=python3.13'." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	echo "'$(PYTHON)' cannot make virtual environments: install its venv package (on Debian: apt install python3-venv)." >&2; exit 1; }

lambda-python:
	@test -n "$(LAMBDA_PYTHON)" || { \
	echo "'make build' needs Python 3.13, Lambda's: install it, or build in Docker with '.venv-sam/bin/sam build --use-container'." >&2; exit 1; }

# $(call install,environment,lock file). First the locked pip, then all the rest. --no-deps: a lock file is
# complete, and not every pip can match hashes with extras.
define install
	@echo "Installing $(2) into $(1) (about a minute)"
	@$(PYTHON) -m venv $(1)
	@$(1)/bin/python $(PIP) --require-hashes --requirement locks/pip.txt
	@$(1)/bin/python $(PIP) --require-hashes --no-deps --requirement $(2)
endef

.venv/.stamp: locks/all.txt pyproject.toml | python
	$(call install,.venv,locks/all.txt)
	@.venv/bin/python $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv-%/.stamp: locks/%.txt | python
	$(call install,.venv-$*,$<)
	@touch $@

.venv-lock/.stamp: | python
	@$(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python $(PIP) 'uv>=0.13,<0.14'
	@touch $@
