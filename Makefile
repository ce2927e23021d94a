# Everything a user or developer types. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

include scripts/demo.mk

.PHONY: help build test test-faults bench evaluate lint sqlx deny

help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Builds target/release/loadmark
	@cargo build --release --locked

test: ## Installs what is missing and runs every check and test (25 minutes at most once compiled)
	@scripts/test.sh

test-faults: ## Kills processes, databases and engines under Loadmark, one line a fault (45 minutes at most; as root)
	@scripts/test-faults.sh $(FAULTS)

bench: ## What a round, its queries and the load generator cost, against references (10 minutes; on a quiet machine)
	@scripts/bench.sh

evaluate: build ## How often verdicts are right and wrong, into docs/statistics.md; goes on where it was stopped (EVALUATE=--quick)
	@target/release/loadmark evaluate --rounds evaluation/rounds --output docs/evaluation --page docs/statistics.md \
		$(EVALUATE) >/dev/null

lint: ## Formatting and clippy, warnings denied
	@cargo fmt --check
	@cargo clippy --locked --all-targets -- -D warnings

sqlx: ## Renews .sqlx after a change of a query or migration
	@scripts/sqlx-metadata.sh

deny: ## Licences, sources, duplicate and banned crates (installs cargo-deny if it is missing)
	@command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
	@cargo deny check bans licenses sources
