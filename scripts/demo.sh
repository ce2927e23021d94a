#!/usr/bin/env bash
# The demo: measures the shop's main branch as the master set, then tests commits against it, and
# says whether Loadmark found what is known to be in them.
#
# In:  DEMO, the branches to test (default "refactoring slow-search broken-build"), or "all" of those in
#      examples/shop/history; a Debian-like machine, root or a user who may talk to Docker.
# Out: the reports on stdout, and as JSON in .demo/reports; at the end one line a commit,
#      "demo NAME: expected X, got Y", or "demo NAME: got Y, the plain method can't decide it" for what is below
#      the limits, whatever the verdict. Exit 0 when all agree, 1 when one does not or a step failed.
# Takes up to 20 minutes from nothing, most of it compiling; up to 5 minutes later, 15 for all branches. It can
# be repeated as it is, and `make clean-demo` takes everything away again.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
every=(examples/shop/history/*.patch)
every=("${every[@]##*/}")
every=("${every[@]%.patch}")
read -r -a names <<<"${DEMO:-refactoring slow-search broken-build}"
[ "${names[*]}" != all ] || names=("${every[@]}")
loadmark=target/release/loadmark
reports=.demo/reports
# Expected of a commit whose change is below the limits: any will do.
undecided="a verdict"

elapsed() { printf '%d:%02d' $((SECONDS / 60)) $((SECONDS % 60)); }
say() { echo "demo [$(elapsed)] $*" >&2; }
die() { say "$*"; exit 1; }
# A signal reaches the running command too, which tidies up; the demo then ends rather than go on.
trap 'say "interrupted; make clean-demo takes away what is left"; exit 130' INT TERM

expected() {
    case $1 in
        refactoring) echo "unchanged" ;;
        slow-search | flaky-cart | memory-leak | double-cpu) echo "regression" ;;
        faster-products) echo "improvement" ;;
        rename-endpoint) echo "gone" ;;
        tail-latency | slower-everything) echo "$undecided" ;;
        broken-build) echo "service-failed: build" ;;
        never-ready) echo "service-failed: not-ready" ;;
        crash-under-load) echo "service-failed: crashed" ;;
        out-of-memory) echo "service-failed: oom" ;;
        *) return 1 ;;
    esac
}

# The outcome as the report has it, "none" where there is no report.
outcome() {
    [ -s "$1" ] || { echo none; return; }
    # The first field of that name stands at the top level; the report may be one line or many.
    local found
    found=$(tr -d '\n' <"$1" | grep -o '"outcome"[[:space:]]*:[[:space:]]*"[^"]*"' | head -n 1 | sed 's/.*"\([^"]*\)"$/\1/' || true)
    echo "${found:-none}"
}

# Whether an outcome is as expected.
agrees() {
    case "$1, $2" in
        "$2, $2") ;;
        # A harmless commit measured as faster is no alarm; the line at the end says so all the same.
        "unchanged, improvement") ;;
        "$undecided, unchanged" | "$undecided, improvement" | "$undecided, regression" | "$undecided, inconclusive") ;;
        *) return 1 ;;
    esac
}

for name in "${names[@]}"; do
    expected "$name" >/dev/null || die "no commit $name in the demo: there are ${every[*]}"
done

say "1/5 tools: checking what this machine has (a second; up to 2 minutes if things are missing)"
scripts/setup.sh
PATH=$PATH:$HOME/.cargo/bin
say "2/5 images: Debian, Postgres, Prometheus (a second; up to 2 minutes at the first time)"
scripts/images.sh >/dev/null
say "3/5 loadmark: compiling (seconds; 5 to 10 minutes at the first time)"
cargo build --release --locked >&2
say "4/5 the shop's repository in .demo/shop (a second)"
scripts/demo-repo.sh .demo/shop >/dev/null
mkdir -p "$reports"

say "5/5 measuring: main as the master set, then ${names[*]} (about a minute each)"
status=0
# By force: the host may have changed since a demo of yesterday.
"$loadmark" master main --force || status=$?
[ "$status" -ne 130 ] || exit 130
[ "$status" -eq 0 ] || die "measuring main failed with exit code $status; nothing to compare with"

results=()
agreed=yes
for name in "${names[@]}"; do
    want=$(expected "$name")
    say "testing $name, expecting $want"
    rm -f "$reports/$name.json"
    status=0
    "$loadmark" test "$name" --output "$reports/$name.json" || status=$?
    [ "$status" -ne 130 ] || exit 130
    got=$(outcome "$reports/$name.json")
    # The exit code has to tell the same story as the report.
    case $got in
        regression) code=99 ;;
        service-failed*) code=98 ;;
        unchanged | improvement | new) code=0 ;;
        infrastructure-failed* | none) code=1 ;;
        *) code=4 ;;
    esac
    [ "$status" -eq "$code" ] || got="$got (exit code $status)"
    agrees "$want" "$got" || agreed=no
    if [ "$want" = "$undecided" ]; then
        results+=("demo $name: got $got, the plain method can't decide it")
    else
        results+=("demo $name: expected $want, got $got")
    fi
    say "$name done"
done

cat <<END

The reports are in $reports. To see more:
  $loadmark runs            what was measured
  $loadmark jobs            what was asked for, and how it ended
  $loadmark runs show RUN   one run: its rounds and numbers
  DEMO=faster-products make demo    a commit that makes a page faster
  make demo-all             every commit of the shop
  make clean-demo           takes everything away again

END
printf '%s\n' "${results[@]}"
say "done"
[ "$agreed" = yes ]
