#!/usr/bin/env bash
# The story of a pull request, before a fake GitHub: opened by a stranger, approved, pushed to, labelled, tested again
# by a comment, force-pushed, approved by a button, merged; with the real manager, real stacks, the shop's repository.
#
# In:  a Debian-like machine, root or a user who may talk to Docker.
# Out: what happens, one line a step, "story STEP: expected X, got Y"; the comment as it grew, as Markdown and as pages,
#      in .demo/github. Exit 0 when all agree. Talks to nobody outside this machine.
# Takes some 8 minutes, and up to 15 more at the first time. `make clean-demo` takes everything away again.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
say() { printf 'demo-github [%d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*" >&2; }

say "1/5 tools: checking what this machine has (a second; up to 2 minutes if things are missing)"
scripts/setup.sh
PATH=$PATH:$HOME/.cargo/bin
say "2/5 images: Debian, Postgres, Prometheus (a second; up to 2 minutes at the first time)"
scripts/images.sh >/dev/null
say "3/5 loadmark and the fake: compiling (seconds; 15 minutes at the first time)"
cargo build --release --locked >&2
cargo build --locked --example demo-github >&2
say "4/5 the shop's repository in .demo/github/shop (a second)"
rm -rf .demo/github
mkdir -p .demo/github
scripts/demo-repo.sh .demo/github/shop >/dev/null
# The demo's configuration, with a repository of its own (the story merges into main), a manager, and GitHub.
sed -e 's|^project: shop|project: shop-github|' -e 's|\.demo/shop|shop|' -e 's|\(file: \)\(queries/\)|\1../../\2|' \
    -e 's|\(operator: \)\(compose/\)|\1../../\2|' -e 's|^data: \.loadmark|data: ../../.loadmark|' \
    -e 's|^  listen: 127.0.0.1:8080|  listen: 127.0.0.1:LISTEN_PORT|' config.yaml >.demo/github/config.yaml
cat >>.demo/github/config.yaml <<'END'
github:
  repository: shop-team/shop
  api: GITHUB_API
  app: {id: 4711, key: {file: app.pem}}
  webhook_secret: {env: LOADMARK_DEMO_WEBHOOK_SECRET}
  tests: label
END
say "5/5 the story (about 8 minutes)"
exec target/debug/examples/demo-github target/release/loadmark .demo/github/config.yaml .demo/github/shop .demo/github
