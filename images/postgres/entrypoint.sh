#!/usr/bin/env bash
# Entry point of the local Postgres image: makes the cluster at the first start, then runs the server.
#
# In:  a command, by default "postgres"; "postgres -c ..." and bare options ("-c ...") mean the same.
#      Environment, as in the stock image: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB (each also
#      as NAME_FILE), POSTGRES_HOST_AUTH_METHOD, POSTGRES_INITDB_ARGS, PGDATA, and
#      *.sql, *.sql.gz and *.sh in /docker-entrypoint-initdb.d.
# Out: the server in this process's place, run by the user postgres. While the first start goes on
#      it listens on its Unix socket only, so that whoever asks by TCP never sees a half-made database.
# The first start takes 1 to 3 s, later ones well under a second.
set -euo pipefail

[ "${1:-}" ] && [ "${1:0:1}" != "-" ] || set -- postgres "$@"

if [ "$1" = postgres ]; then
    case " $* " in *' --help '* | *' -? '* | *' --version '* | *' -V '* | *' --describe-config '*) exec "$@" ;; esac
fi

# Root only prepares the folders; the server refuses to run as root.
if [ "$1" = postgres ] && [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA" /var/run/postgresql
    chmod 700 "$PGDATA"
    find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
    chown postgres /var/run/postgresql
    exec setpriv --reuid postgres --regid postgres --init-groups -- "${BASH_SOURCE[0]}" "$@"
fi
[ "$1" = postgres ] || exec "$@"

# Sets the variable NAME from itself, from the file named by NAME_FILE, or to the default.
from_file() {
    local name=$1 default=${2:-} file=${1}_FILE value
    if [ -n "${!name:-}" ] && [ -n "${!file:-}" ]; then
        echo "error: both $name and $file are set, but they exclude each other" >&2
        exit 1
    fi
    value=${!name:-$default}
    [ -z "${!file:-}" ] || value=$(<"${!file}")
    export "$name=$value"
    unset "$file"
}

run_sql() { psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password --username "$POSTGRES_USER" "$@"; }

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    from_file POSTGRES_PASSWORD
    from_file POSTGRES_USER postgres
    from_file POSTGRES_DB "$POSTGRES_USER"
    if [ -z "$POSTGRES_PASSWORD" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
        echo "error: the database is new and no superuser password is given. Set POSTGRES_PASSWORD (or" \
            "POSTGRES_PASSWORD_FILE) to a value that isn't empty, or POSTGRES_HOST_AUTH_METHOD=trust" \
            "to let everyone in without one." >&2
        exit 1
    fi
    initdb_args=()
    # Split into words on purpose, as the stock image does.
    # shellcheck disable=SC2206
    [ -z "${POSTGRES_INITDB_ARGS:-}" ] || initdb_args=($POSTGRES_INITDB_ARGS)
    # A file with a trailing newline even without a password: initdb reads one line or fails.
    initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "${POSTGRES_PASSWORD:-unused}") "${initdb_args[@]}"
    auth=${POSTGRES_HOST_AUTH_METHOD:-$(postgres -C password_encryption 2>/dev/null || echo scram-sha-256)}
    printf '\nhost all all all %s\n' "$auth" >>"$PGDATA/pg_hba.conf"

    pg_ctl --pgdata "$PGDATA" --wait --silent --options "$(printf '%q ' "${@:2}" -c listen_addresses= -p "${PGPORT:-5432}")" start
    # The socket alone listens now; the password is for it too if initdb was told so.
    export PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD}
    if [ "$POSTGRES_DB" != postgres ]; then
        run_sql --dbname postgres --set db="$POSTGRES_DB" --quiet <<<'CREATE DATABASE :"db";'
    fi
    shopt -s nullglob
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
            *.sh)
                echo "running $file"
                if [ -x "$file" ]; then "$file"; else
                    # shellcheck disable=SC1090
                    . "$file"
                fi
                ;;
            *.sql) echo "running $file" && run_sql --dbname "$POSTGRES_DB" --file "$file" ;;
            *.sql.gz) echo "running $file" && gunzip --stdout "$file" | run_sql --dbname "$POSTGRES_DB" ;;
            *) echo "ignoring $file" ;;
        esac
    done
    pg_ctl --pgdata "$PGDATA" --mode fast --wait --silent stop
    unset PGPASSWORD
    echo "the database is made; starting the server"
fi

# The server needs none of these, and what it doesn't have it can't leak.
unset POSTGRES_PASSWORD
exec "$@"
