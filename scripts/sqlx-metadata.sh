#!/usr/bin/env bash
# Writes .sqlx/, what the checked queries need to compile without a database; or tells whether it is up to date.
#
# In:  nothing, or --check. DATABASE_URL: a server of yours, on which a schema is made and dropped again; without it a
#      throw-away Postgres container is started on loopback and removed at the end (image: LOADMARK_POSTGRES_IMAGE,
#      else the first of loadmark-local/postgres:17 and postgres:17 that is here).
# Out: .sqlx/query-*.json; with --check the differences, and exit code 1 if there are any. Takes half a minute.
# sqlx-cli does the same; this spares its build of several minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=${1:-write}
case $mode in write | --check) ;; *) echo "usage: $0 [--check]" >&2; exit 2 ;; esac

scratch=$(mktemp -d)
schema=sqlx_metadata_$$
container=
sql() { psql "$DATABASE_URL" --no-psqlrc --quiet --set ON_ERROR_STOP=1 "$@"; }
cleanup() {
    if [ -n "$container" ]; then
        docker rm --force --volumes "$container" >/dev/null
    elif [ -n "${DATABASE_URL:-}" ]; then
        sql --command "SET client_min_messages = warning; DROP SCHEMA IF EXISTS $schema CASCADE"
    fi
    rm -rf "$scratch"
}
trap cleanup EXIT

# The first of the images that is here.
postgres_image() {
    local image
    for image in ${LOADMARK_POSTGRES_IMAGE:-loadmark-local/postgres:17 postgres:17}; do
        if docker image inspect "$image" >/dev/null 2>&1; then echo "$image"; return; fi
    done
    echo "error: no Postgres image is here; run \`docker pull postgres:17\`, or set DATABASE_URL" >&2
    exit 1
}

if [ -z "${DATABASE_URL:-}" ]; then
    image=$(postgres_image)
    container=$(docker run --detach --rm --label loadmark.test=1 --env POSTGRES_HOST_AUTH_METHOD=trust \
        --publish 127.0.0.1::5432 --tmpfs /var/lib/postgresql/data "$image")
    # By TCP, because the first start listens on its socket before the database is made.
    for _ in $(seq 150); do
        if docker exec "$container" pg_isready --quiet --host 127.0.0.1; then break; fi
        sleep 0.2
    done
    DATABASE_URL=postgres://postgres@$(docker port "$container" 5432/tcp | head -n 1)/postgres
    # The host needs no client: the container has one.
    sql() { docker exec --interactive "$container" psql --username postgres --no-psqlrc --quiet --set ON_ERROR_STOP=1 "$@"; }
fi

{ echo "CREATE SCHEMA $schema; SET search_path = $schema;" && cat migrations/*.sql; } | sql --single-transaction
export PGOPTIONS="-c search_path=$schema"

# The queries are described while the compiler expands them: what is compiled already has to be compiled again.
touch src/lib.rs
DATABASE_URL=$DATABASE_URL SQLX_OFFLINE=false SQLX_OFFLINE_DIR=$scratch cargo check --quiet --lib

if [ "$mode" = --check ]; then
    diff --recursive --brief "$scratch" .sqlx || {
        echo "error: .sqlx is not what the queries need; run scripts/sqlx-metadata.sh and commit the result" >&2
        exit 1
    }
else
    mkdir -p .sqlx
    rm -f .sqlx/query-*.json
    cp "$scratch"/query-*.json .sqlx/
    echo "$(find .sqlx -name 'query-*.json' | wc -l) queries described in .sqlx/"
fi
