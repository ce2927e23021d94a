#!/usr/bin/env bash
# Every check and test: formatting, lints, checked query metadata, unit and integration tests.
#
# In:  a Debian-like machine, root or a user who may talk to Docker.
# Out: the tools' output; exit 0 when all pass. Containers, networks and volumes of tests are gone at the end.
# Takes about 30 minutes from nothing, half of it compiling; about 14 later.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
say() { printf 'test [%d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*" >&2; }

say "1/5 tools: checking what this machine has (a second; up to 2 minutes if things are missing)"
scripts/setup.sh
PATH=$PATH:$HOME/.cargo/bin
say "2/5 images: Debian, Postgres, Prometheus (a second; up to 2 minutes at the first time)"
scripts/images.sh >/dev/null
say "3/5 formatting and lints (seconds; 5 minutes at the first time)"
cargo fmt --check
cargo clippy --locked --all-targets -- -D warnings
say "4/5 the checked queries' metadata against a real Postgres (half a minute)"
scripts/sqlx-metadata.sh --check
say "5/5 tests (about 20 minutes; 8 more for compiling at the first time)"
# The faults take half an hour more: scripts/test-faults.sh runs them.
cargo test --locked -- --skip faults::
say "all passed"
