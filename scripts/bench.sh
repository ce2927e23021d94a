#!/usr/bin/env bash
# The costs of Loadmark against references, in turn in one run; one line a figure, medians over the turns:
#
#     round-overhead: ours 4.1 s, reference 2.6 s, ratio 1.58
#
# In:  names out of "round-overhead manager-rss queries-200 generator-cpu webhooks webhook-p99 claims
#      idle-manager-rss judge-1000x24 changes-5000"
#      (default: all); a machine with nothing else to do. LOADMARK_BENCH_TURNS (default 5).
# Out: the figures on stdout, single turns and phases on stderr. Containers, images and volumes are gone at the end.
# Takes about 7 minutes once built; installs what is missing (hey by apt, as root).
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
turns=${LOADMARK_BENCH_TURNS:-5}
figures=${*:-round-overhead manager-rss queries-200 generator-cpu webhooks webhook-p99 claims idle-manager-rss judge-1000x24 changes-5000}
name=bench-$$
scratch=$(mktemp -d "${TMPDIR:-/tmp}/loadmark-bench-XXXXXX")
PATH=$PATH:$HOME/.cargo/bin
loadmark=$root/target/release/loadmark
# The load of a round of ours, in seconds, as planned; the warm-up is the demo's.
warm_up=3 load=3

say() { printf 'bench [%d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*" >&2; }
die() { say "$*"; exit 1; }
# Whether one of these figures is.
wanted() {
    local figure
    for figure; do if [[ " $figures " == *" $figure "* ]]; then return 0; fi; done
    return 1
}
median() { sort -n | awk '{ all[NR] = $1 } END { print (all[int((NR + 1) / 2)] + all[int(NR / 2) + 1]) / 2 }'; }
column() { awk -v column="$1" '{ print $column }'; }

# The figure of a file with a line a turn, ours and the reference's.
figure() {
    local figure=$1 unit=$2 file=$3
    awk -v name="$figure" -v unit="$unit" -v ours="$(column 1 <"$file" | median)" \
        -v reference="$(column 2 <"$file" | median)" 'BEGIN {
            printf "%s: ours %.3g %s, reference %.3g %s, ratio %.2f\n", name, ours, unit, reference, unit, ours / reference }'
}

reference_project=
generators_before=
manager=
cleanup() {
    # A manager takes its job's stack down before it ends.
    if [ -n "$manager" ] && kill "$manager" 2>/dev/null; then wait "$manager" || true; fi
    [ -z "$reference_project" ] || docker compose --project-name "$reference_project" down --volumes --timeout 1 2>/dev/null || true
    docker rm --force --volumes "loadmark-postgres-$name" >/dev/null 2>&1 || true
    docker volume rm "loadmark-postgres-$name" >/dev/null 2>&1 || true
    local image
    for image in $(docker image ls --format '{{.Repository}}:{{.Tag}}' "loadmark/$name-app"); do
        docker image rm "$image" >/dev/null || true
    done
    # The generator's image is one a build; one that was here before stays.
    image=$(sed -n 's|^ *image: \(loadmark/load:.*\)|\1|p' "$scratch/stack/override.yaml" 2>/dev/null || true)
    if [ -n "$image" ] && [[ " $generators_before " != *" $image "* ]]; then docker image rm "$image" >/dev/null || true; fi
    rm -rf "$scratch"
}

# --- What is measured ----------------------------------------------------------------------------

# The tests' service in a repository of its own, with a short load at the default scrape interval.
make_project() {
    mkdir "$scratch/repository"
    cp tests/data/service/{server.pl,Dockerfile,compose.yaml} "$scratch/repository"
    echo normal >"$scratch/repository/behaviour"
    git -C "$scratch/repository" init --quiet --initial-branch main
    git -C "$scratch/repository" add --all
    git -C "$scratch/repository" -c user.name=bench -c user.email=bench@example.invalid commit --quiet --message "A service"
    sed -e "s|NAME|$name|; s|SHIPPED|$root/queries|; s|{url: .*}|{embedded: $name}|; /^queue:/d; /^prometheus:/d" \
        -e "s|plan: .*|plan: \"100:$load\"|; s|warm_up: .*|warm_up: \"100:$warm_up\"|" \
        tests/data/service/config.yaml >"$scratch/config.yaml"
    cp tests/data/service/queries.yaml "$scratch"
    ( cd "$scratch" && "$loadmark" check >/dev/null )
}

# Runs one round of ours; $scratch/run names its run, $scratch/rss has the peak in KiB, and the files of its stack are
# in $scratch/stack.
our_round() {
    rm -rf "$scratch/stack"
    ( cd "$scratch" && exec "$loadmark" test --fail-on never --format json >report.json 2>progress ) &
    local pid=$! peak=0 seen found
    while seen=$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$pid/status" 2>/dev/null) && [ -n "$seen" ]; do
        peak=$seen
        found=$(compgen -G "$scratch/data/work/*/loadmark-*/load/token" || true)
        if [ -n "$found" ] && [ ! -d "$scratch/stack" ] && grep -q ' · ready' "$scratch/progress"; then
            cp -r "$(dirname "$(dirname "$found")")" "$scratch/stack"
            dirname "$(dirname "$found")" >"$scratch/place"
        fi
        sleep 0.1
    done
    wait "$pid" || die "a round failed: $(tail -n 3 "$scratch/progress")"
    echo "$peak" >"$scratch/rss"
    sed -n '/"candidate": {/,/}/s/.*"id": "\(.*\)".*/\1/p' "$scratch/report.json" | head -n 1 >"$scratch/run"
}

# Seconds of the last round beside its load; the phases go to stderr.
our_overhead() {
    ( cd "$scratch" && "$loadmark" runs show "$(cat run)" --format json ) |
        awk -v planned=$((warm_up + load)) '
            $1 == "\"step\":" { step = $2; gsub(/[",]/, "", step) }
            $1 == "\"seconds\":" && step { all += $2; phases = phases sprintf(" %s %.2f", step, $2); step = "" }
            END { printf "   %s\n", phases > "/dev/stderr"; print all - planned }'
}

# Seconds of `up --wait` and `down` of the project that the last round of ours had, override included.
reference_overhead() {
    local place
    place=$(cat "$scratch/place")
    reference_project=$(basename "$place")
    sed -i "s|$place|$scratch/stack|" "$scratch/stack/override.yaml"
    local compose=(docker compose --project-name "$reference_project" --project-directory "$scratch/repository"
        --file "$scratch/repository/compose.yaml" --file "$scratch/stack/override.yaml")
    export LOADMARK_IMAGE_DEBIAN=$debian
    local began=$EPOCHREALTIME
    "${compose[@]}" up --detach --wait --no-build --quiet-pull >"$scratch/reference" 2>&1 ||
        die "the reference doesn't start: $(tail -n 3 "$scratch/reference")"
    "${compose[@]}" down --volumes --timeout 2 >"$scratch/reference" 2>&1
    awk -v began="$began" -v ended="$EPOCHREALTIME" 'BEGIN { print ended - began }'
    reference_project=
}

rounds() {
    local turn ours reference
    our_round # Builds the image and starts Postgres.
    for turn in $(seq "$turns"); do
        our_round
        ours=$(our_overhead)
        reference=$(reference_overhead)
        say "round-overhead $turn/$turns: ours $ours s, reference $reference s; peak of the process $(cat "$scratch/rss") KiB"
        echo "$ours $reference" >>"$scratch/rounds"
        awk '{ print $1 / 1024, 60 }' "$scratch/rss" >>"$scratch/peaks"
    done
}

# --- Queries, generator --------------------------------------------------------------------------

queries() {
    local window
    window=$(docker exec "loadmark-postgres-$name" psql --username loadmark --tuples-only --no-align --command \
        "SELECT concat(windows->0->>'t0_ms', ':', windows->0->>'t1_ms') FROM rounds WHERE run_id = '$(cat "$scratch/run")'")
    cargo bench --quiet --locked --bench queries -- "$scratch/data/runs/$(cat "$scratch/run")" "$window" "$prometheus" "$turns"
}

# CPU milliseconds a request of a command, which is to send $1 of them; user and system.
cpu_of() {
    local requests=$1 TIMEFORMAT='%U %S'
    shift
    { time "$@" >"$scratch/generator" 2>"$scratch/generator.err"; } 2>&1 |
        awk -v requests="$requests" '{ print ($1 + $2) * 1000 / requests }'
}

generator() {
    local seconds=10 rate=1000 port turn ours reference sent
    coproc server { exec cargo bench --quiet --locked --bench echo; }
    read -r port <&"${server[0]}"
    head -c 8192 /dev/zero | tr '\0' a >"$scratch/body"
    printf '{"requests": [{"name": "echo", "weight": 1, "method": "POST", "url": "http://127.0.0.1:%s/", "body": "%s"}],
        "stages": [{"rate": %s, "seconds": %s}], "arrivals": "even", "seed": 1, "connections": 50, "workers": 1,
        "timeout": "10s", "queue": 10000}' "$port" "$(cat "$scratch/body")" "$rate" "$seconds" >"$scratch/spec.json"
    for turn in $(seq "$turns"); do
        ours=$(cpu_of $((rate * seconds)) "$loadmark" load --spec "$scratch/spec.json")
        sent=$(awk '$1 == "\"ok\":" { print $2 + 0; exit }' "$scratch/generator")
        [ "$sent" = $((rate * seconds)) ] || die "ours sent $sent of $((rate * seconds)) requests"
        reference=$(cpu_of $((rate * seconds)) hey -z "${seconds}s" -c 50 -q $((rate / 50)) -m POST -D "$scratch/body" \
            "http://127.0.0.1:$port/")
        sent=$(awk '$1 == "[200]" { print $2 }' "$scratch/generator")
        reference=$(awk -v all="$reference" -v planned=$((rate * seconds)) -v sent="$sent" 'BEGIN { print all * planned / sent }')
        say "generator-cpu $turn/$turns: ours $ours ms a request, hey $reference ms, which sent $sent of $((rate * seconds))"
        echo "$ours $reference"
    done
    exec {server[1]}>&-
}

# --- The manager ---------------------------------------------------------------------------------

# The URL of an empty database beside the embedded one, on the same server.
new_database() {
    local server=loadmark-postgres-$name port
    docker exec "$server" createdb --username loadmark "$1"
    port=$(docker port "$server" 5432/tcp | head -n 1)
    printf 'postgres://loadmark:%s@127.0.0.1:%s/%s?sslmode=disable' \
        "$(docker exec "$server" cat /var/lib/postgresql/data/loadmark-password)" "${port##*:}" "$1"
}

claims() {
    local few many turn ours reference
    few=$(new_database claims_few) many=$(new_database claims_many)
    for turn in $(seq "$turns"); do
        reference=$(LOADMARK_BENCH_DATABASE=$few cargo bench --quiet --locked --bench queue -- 1000 500)
        ours=$(LOADMARK_BENCH_DATABASE=$many cargo bench --quiet --locked --bench queue -- 100000 500)
        say "claims $turn/$turns, p99 and median in ms: $reference of 1,000 queued jobs, $ours of 100,000"
        echo "${ours% *} ${reference% *}"
    done
}

# A manager whose GitHub does not answer, which is its own business; $address is where it listens.
start_manager() {
    local more="manager: {listen: '127.0.0.1:0', drain: 1s}
github: {repository: team/shop, api: 'http://127.0.0.1:1', token: {env: LOADMARK_BENCH_TOKEN}, tests: command,
         webhook_secret: {env: LOADMARK_BENCH_SECRET}}"
    { sed "s|plan: .*|plan: \"100:$((turns * 5 + 30))\"|" "$scratch/config.yaml"; echo "$more"; } >"$scratch/manager.yaml"
    export LOADMARK_BENCH_TOKEN=token LOADMARK_BENCH_SECRET=webhook-secret
    ( cd "$scratch" && exec "$loadmark" --config manager.yaml serve 2>served ) &
    manager=$!
    until address=$(sed -n 's|.*listening on http://\([0-9.:]*\).*|\1|p' "$scratch/served") && [ -n "$address" ]; do
        kill -0 "$manager" 2>/dev/null || die "the manager ended: $(tail -n 3 "$scratch/served")"
        sleep 0.2
    done
}

memory_of() { awk -v field="$2:" '$1 == field { print $2 / 1000 * 1.024 }' "/proc/$1/status"; }
runs_a_job() { ( cd "$scratch" && "$loadmark" --config manager.yaml jobs list --format json ) | grep -q '"state": "running"'; }

# The p99 of a turn each, while a job goes on from its checkout into its load.
answers() {
    local began=$SECONDS
    ( cd "$scratch" && "$loadmark" --config manager.yaml jobs enqueue new-master main ) >&2
    until runs_a_job; do
        [ $((SECONDS - began)) -lt 60 ] || die "the job doesn't begin: $(tail -n 3 "$scratch/served")"
    done
    cargo bench --quiet --locked --bench webhook -- steady "$address" 16 5 "$turns" | awk '{ print $1, 20 }'
    runs_a_job || die "the job ended before the answers were timed: $(tail -n 3 "$scratch/served")"
}

# --- The run -------------------------------------------------------------------------------------

scripts/setup.sh
if wanted generator-cpu && ! command -v hey >/dev/null; then
    [ "$(id -u)" -eq 0 ] || die "missing: hey. As root: apt-get install hey"
    say "installing hey (about 10 s)"
    apt-get install -y -qq --no-install-recommends hey </dev/null >&2
fi
for line in $(scripts/images.sh); do declare "${line%%=*}=${line#*=}"; done
debian=$LOADMARK_IMAGE_DEBIAN prometheus=$LOADMARK_IMAGE_PROMETHEUS
say "building (minutes at the first time)"
cargo build --release --locked --quiet
cargo bench --locked --quiet --no-run
generators_before=$(docker image ls --format '{{.Repository}}:{{.Tag}}' loadmark/load | tr '\n' ' ')
trap cleanup EXIT

if wanted changes-5000; then
    say "change points of 5,000 commits ($turns turns of less than a second)"
    cargo bench --quiet --locked --bench changes -- "$turns" >"$scratch/changes"
    figure changes-5000 s "$scratch/changes"
fi
if wanted round-overhead manager-rss queries-200 webhooks webhook-p99 claims idle-manager-rss; then make_project; fi
if wanted round-overhead manager-rss queries-200; then
    say "rounds, ours and the reference in turn ($turns turns of about 15 s)"
    rounds
fi
if wanted round-overhead; then figure round-overhead s "$scratch/rounds"; fi
if wanted manager-rss; then figure manager-rss MiB "$scratch/peaks"; fi
if wanted queries-200; then
    queries >"$scratch/queries"
    figure queries-200 s "$scratch/queries"
fi
if wanted generator-cpu; then
    say "generators in turn ($turns turns of 20 s)"
    generator >"$scratch/generators"
    figure generator-cpu ms "$scratch/generators"
fi
if wanted judge-1000x24; then
    # The reference is what was asked for: a second.
    cargo bench --quiet --locked --bench judge -- 1000 24 "$turns" >"$scratch/judge"
    figure judge-1000x24 s "$scratch/judge"
fi
if wanted webhooks webhook-p99 claims idle-manager-rss; then
    ( cd "$scratch" && "$loadmark" jobs list >/dev/null ) # Starts Postgres.
fi
if wanted webhooks; then
    say "webhooks, accepted and bare inserts in turn ($turns turns of 10 s)"
    database=$(new_database webhooks)
    LOADMARK_BENCH_DATABASE=$database cargo bench --quiet --locked --bench webhook -- flood 16 5 "$turns" |
        tee >(cat >&2) >"$scratch/webhooks"
    figure webhooks /s "$scratch/webhooks"
fi
if wanted claims; then
    say "claims of 1,000 and of 100,000 queued jobs in turn ($turns turns of some 30 s)"
    claims >"$scratch/claims"
    figure claims-flat ms "$scratch/claims"
    awk '{ print $1, 10 }' "$scratch/claims" >"$scratch/claims-bar"
    figure claims ms "$scratch/claims-bar"
fi
if wanted webhook-p99 idle-manager-rss; then
    say "a manager, idle for 10 s, then answering beside a job"
    start_manager
    sleep 10
    say "the manager's peak is $(memory_of "$manager" VmHWM) MB"
    echo "$(memory_of "$manager" VmRSS) 40" >"$scratch/idle"
fi
if wanted idle-manager-rss; then figure idle-manager-rss MB "$scratch/idle"; fi
if wanted webhook-p99; then
    answers | tee >(cat >&2) >"$scratch/answers"
    figure webhook-p99 ms "$scratch/answers"
fi
