# The commands of this project. `make` lists them.
# The newest Python of this machine that the project runs on, looked for once and only when it is needed; or
# `make PYTHON=/path/to/python3 ...`.
ifeq ($(origin PYTHON),undefined)
PYTHON = $(eval PYTHON := $$(shell sh infra/pythons.sh newest))$(PYTHON)
endif
PORT ?= 4566
MAILBOX_PORT ?= 8025
SPEED ?= 3600
WORKERS ?= auto
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run reset totp audit-verify deploy preflight first-manager doctor package check test test-oldest audit engines calls e2e pictures drill rebuild restore recover bench clean environment environments python

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: environments ## Run everything on this machine (PORT=4566 MAILBOX_PORT=8025 SPEED=3600); Ctrl-C stops it
	@exec $(BIN)/python -m infra.local.run run --port $(PORT) --mailbox-port $(MAILBOX_PORT) --speed $(SPEED)

reset: environment ## Forget the data of the local stack
	@$(BIN)/python -m infra.local.run reset

totp: environment ## Show the sign-in codes of the demo accounts
	@$(BIN)/python -m infra.local.run totp

audit-verify: environment ## Check that the audit trail still says what was written (the local one; STAGE=prod: that of AWS)
	@$(BIN)/python -m infra.audit_verify --port $(PORT) $(if $(STAGE),--stage $(STAGE))

deploy: environment package ## Deploy to AWS: STAGE=test [PARAMETERS="A=b 'C=d e'"] [YES=1]; shows what will change, and asks
	@$(BIN)/python -m infra.deploy --stage "$(STAGE)" --port $(PORT)

preflight: environment package ## Before a deployment: what would keep it from going through (STAGE=test [PARAMETERS=…]); only reads
	@$(BIN)/python -m infra.preflight --stage "$(STAGE)"

first-manager: environment ## Make the first directory manager of a stage, once: STAGE=prod EMAIL=manager@example.int [LANGUAGE=fr]
	@$(BIN)/python -m infra.first_manager --stage "$(STAGE)" --email "$(EMAIL)" --port $(PORT) $(if $(LANGUAGE),--language $(LANGUAGE))

doctor: environment package ## Look at a stage: what is well, what is not, what to do (the local one; STAGE=prod: that of AWS)
	@$(BIN)/python -m infra.doctor --port $(PORT) $(if $(STAGE),--stage $(STAGE))

package: environment ## Build the template and the zip, without deploying
	@$(BIN)/python -m infra.package

check: environment ## Lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: check package ## Lint, types, and all tests that need no network (WORKERS=0: on one core)
	$(BIN)/pytest -m "not e2e and not audit and not engines" -n $(WORKERS) --dist worksteal --calls check

test-oldest: package ## The tests alone, on the oldest Python that is found here
	@$(PYTHON) -m infra.bootstrap --oldest
	.local/oldest/bin/pytest -m "not e2e and not audit and not engines" -n $(WORKERS) --dist worksteal

audit: environment package ## Policy rules on the template, known vulnerabilities, bill of materials
	@$(PYTHON) -m infra.bootstrap --audit
	$(BIN)/python -m infra.policy_check
	$(BIN)/python -m infra.dependency_audit
	@$(BIN)/pytest -m audit tests/infra/test_sbom.py

engines: environment package ## Have the template, state machines, tables and policies read by engines that are not ours
	@$(PYTHON) -m infra.engines
	$(BIN)/pytest -m engines tests/engines

calls: package ## Run all tests and write down which AWS calls each Lambda makes (tests/infra/calls.json)
	$(BIN)/pytest -m "not e2e and not audit and not engines" -n $(WORKERS) --dist worksteal --calls write

e2e: environments package ## Deploy a throw-away stack and drive it in Chromium
	@$(BIN)/python -m infra.chromium
	$(BIN)/pytest -m e2e tests/e2e

pictures: environments package ## Renew the screenshots of the README and the times in docs/poor-line.md
	@$(BIN)/python -m infra.chromium
	$(BIN)/pytest -m e2e tests/e2e/test_for_docs.py --for-docs

bench: environments package ## Measure against the budgets, all or PART=name, and write docs/benchmarks.md
	$(BIN)/python -m tests.bench $(PART)

drill: environments package ## Hold the fault drills on a throw-away stack (ONLY=killing,skew SEEDS=10 SEED=7; all: about 20 min)
	@$(BIN)/python -m tests.drills $(if $(ONLY),--only $(ONLY),--write) $(if $(SEED),--seed $(SEED)) $(if $(SEEDS),--seeds $(SEEDS))

rebuild: environment ## After a restore: start all state machines anew from the tables (STAGE=prod: on AWS)
	@$(BIN)/python -m infra.rebuild --port $(PORT) $(if $(STAGE),--stage $(STAGE))

restore: environment ## Copy a restored table back: TABLE=inquiries RESTORED=<full name> (STAGE=prod: on AWS)
	@$(BIN)/python -m infra.restore --port $(PORT) --table $(TABLE) --restored $(RESTORED) $(if $(STAGE),--stage $(STAGE))

recover: environment ## After a lost Region: fill a fresh stage from the copies: STAGE=prod-b LOST=prod HEADS=<bucket> KEYS=<secret> or MANAGER=<address>
	@$(BIN)/python -m infra.recover --stage "$(STAGE)" --port $(PORT) $(if $(LOST),--lost $(LOST)) $(if $(HEADS),--heads $(HEADS)) $(if $(KEYS),--keys $(KEYS)) $(if $(MANAGER),--manager $(MANAGER))

clean: ## Remove what was built (environments and local data stay)
	rm -rf build vendor .chalice/deployments .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage

environment: python
	@$(PYTHON) -m infra.bootstrap

environments: python
	@$(PYTHON) -m infra.bootstrap --local

python:
	@test -n "$(PYTHON)"
