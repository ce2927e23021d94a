#!/usr/bin/env bash
# Takes away everything that the demo made.
#
# In:  a Docker engine, if there is one; the root of a clone; --dry-run only says what would go.
# Out: removed: containers, networks and volumes labelled with the loadmark.instance of the demo's
#      Postgres (another Loadmark on the same engine keeps its own), images named loadmark/* or loadmark-local/*, nameless ones labelled loadmark.image, the parts
#      of the build cache that came from our Dockerfiles, and the folders .demo and .loadmark. One
#      line on stdout for each; exit 1 if something of it is still there.
#      Kept: packages and plug-ins that setup.sh installed, compiled Rust in target/, stock images,
#      and all else that the engine holds. Takes a few seconds.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
say() { echo "clean-demo: $*" >&2; }

dry_run=no
case "${1:-}" in
    '') ;;
    --dry-run) dry_run=yes ;;
    *) echo "usage: clean-demo.sh [--dry-run]" >&2; exit 2 ;;
esac
# The name under `database` in config.yaml; the volume's label says which instance is the demo's.
database=loadmark-postgres-demo
instance=$(timeout 10 docker volume inspect --format '{{index .Labels "loadmark.instance"}}' "$database" 2>/dev/null || true)
labels=("loadmark.instance=${instance:-none}")

# Each kind of thing, "ID NAME" a line. The label loadmark.image finds images only: containers and
# images inherit it from an image they stand on, whoever made them.
containers() { for label in "${labels[@]}"; do docker ps --all --filter "label=$label" --format '{{.ID}} {{.Names}}'; done | sort -u; }
networks() { for label in "${labels[@]}"; do docker network ls --filter "label=$label" --format '{{.ID}} {{.Name}}'; done | sort -u; }
volumes() { for label in "${labels[@]}"; do docker volume ls --filter "label=$label" --format '{{.Name}} {{.Name}}'; done | sort -u; }
images() {
    local reference
    {
        docker image ls --filter label=loadmark.image --filter dangling=true --format '{{.ID}} {{.Repository}}:{{.Tag}}'
        for reference in 'loadmark-local/*' 'loadmark/shop-*' 'loadmark/load'; do
            docker image ls --filter "reference=$reference" --format '{{.ID}} {{.Repository}}:{{.Tag}}'
        done
    } | sort -u
}
# Cache entries don't carry labels; those of our Dockerfiles are known by their commands.
cache() {
    docker buildx du --verbose 2>/dev/null | awk '
        /^ID:/ { id = $2 }
        /^Description:/ && (/\/go\/src\/shop/ || /golang-github-lib-pq-dev/ || /mkdir -p \/docker-entrypoint-initdb\.d/ ||
            /apt-get download -qq prometheus promtool/ || /ln -s \/prometheus \/etc\/prometheus\/data/) { print id, id }' || true
}

# Removes what a listing names: KIND LISTING COMMAND... An image goes by its name, because one id may
# have several; by its id where it has none. What could not be removed is found at the end.
remove() {
    local kind=$1 listing=$2 id name
    shift 2
    while read -r id name; do
        [ -n "$id" ] || continue
        if [ "$kind" = image ] && [[ $name != *'<none>'* ]]; then id=$name; fi
        [[ $name != *'<none>'* ]] || name=$id
        if [ "$dry_run" = yes ]; then
            echo "would remove $kind $name"
        elif "$@" "$id" >/dev/null 2>&1 </dev/null; then
            echo "removed $kind $name"
        fi
    done < <("$listing")
}

engine=no
if command -v docker >/dev/null && timeout 10 docker version >/dev/null 2>&1; then
    engine=yes
    say "containers, networks, volumes, images, build cache (a few seconds)"
    remove container containers docker rm --force --volumes
    remove network networks docker network rm
    remove volume volumes docker volume rm
    remove image images docker image rm
    prune_cache() { docker buildx prune --force --filter "id=$1"; }
    remove "build cache" cache prune_cache
else
    say "no Docker engine answers: only folders are removed"
fi
for folder in .demo .loadmark; do
    [ -e "$folder" ] || continue
    if [ "$dry_run" = yes ]; then
        echo "would remove folder $folder"
    else
        rm -rf "$folder"
        echo "removed folder $folder"
    fi
done
[ "$dry_run" = no ] || exit 0

left=()
if [ "$engine" = yes ]; then
    while read -r id name; do [ -z "$id" ] || left+=("$name"); done < <(containers; networks; volumes; images)
fi
for folder in .demo .loadmark; do [ ! -e "$folder" ] || left+=("$folder"); done
if [ ${#left[@]} -gt 0 ]; then
    say "still there: ${left[*]}"
    for name in "${left[@]}"; do
        users=$([ "$engine" = no ] || docker ps --all --filter "ancestor=$name" --format '{{.Names}}' 2>/dev/null | tr '\n' ' ')
        [ -z "$users" ] || say "$name is used by a container that is not ours: $users"
    done
    exit 1
fi
echo "nothing of the demo is left"
if [ "$engine" = yes ]; then
    say "kept: build cache that doesn't say whose it is; docker builder prune empties it for everybody"
fi
