#!/usr/bin/env bash
# Makes sure that the images which Loadmark's stacks stand on are present: the stock ones where a
# registry answers, else equivalents built from Debian packages.
#
# In:  names out of "debian postgres prometheus" (default: all three); compose/images.env, whose
#      names the environment overrides; a Docker engine with buildx (see setup.sh).
# Out: on stdout one line an image, LOADMARK_IMAGE_NAME=the name that is present, fit for an
#      environment file. Images built here carry the label loadmark.image=1.
# Takes under a second when all are present; from nothing 1 to 2 minutes: debian about 15 s,
# postgres about 30 s, prometheus about 15 s; at most 10 s are lost where no registry answers.
set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$scripts")
PATH=$PATH:/usr/sbin:/sbin

say() { echo "images: $*" >&2; }
die() { say "$*"; exit 1; }

# The file gives defaults: a name that is set in the environment stays.
while IFS='=' read -r key value; do
    case $key in LOADMARK_IMAGE_*) [ -n "${!key:-}" ] || declare "$key=$value" ;; esac
done <"$root/compose/images.env"

stock_name() { local key=LOADMARK_IMAGE_${1^^}_STOCK; echo "${!key:-}"; }
local_name() { local key=LOADMARK_IMAGE_${1^^}_LOCAL; echo "${!key:-}"; }
present() { docker image inspect "$1" >/dev/null 2>&1; }

# What a local image is made from, as one hash: an image of an older recipe is built again.
recipe() {
    case $1 in
        debian) sed -n '/^build_debian()/,/^}/p' "${BASH_SOURCE[0]}" ;;
        *) cat "$root/images/$1"/* ;;
    esac | sha256sum | cut -c 1-16
}
up_to_date() {
    [ "$(docker image inspect --format '{{index .Config.Labels "loadmark.image.recipe"}}' "$1" 2>/dev/null)" = "$2" ]
}

# --- From a registry -----------------------------------------------------------------------------

registry=unknown # unknown, answers or silent: found out at most once a run

# Pulls an image. A registry that hasn't named the image's parts after 10 s counts as silent; once it
# has, the transfer may take as long as it takes.
pull() {
    [ "$registry" != silent ] || return 1
    local log waited=0 pid
    log=$(mktemp)
    say "pulling $1 (up to a minute; 10 s at most to find out whether a registry answers)"
    docker pull "$1" >"$log" 2>&1 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        if [ "$registry" = unknown ] && grep -q 'Pulling from' "$log"; then registry=answers; fi
        if [ "$registry" = unknown ] && [ "$waited" -ge 50 ]; then
            kill "$pid" 2>/dev/null || true
            break
        fi
        sleep 0.2
        waited=$((waited + 1))
    done
    if wait "$pid"; then
        registry=answers
        rm -f "$log"
        return 0
    fi
    if [ "$registry" = unknown ]; then
        registry=silent
        say "no registry answers ($(tail -n 1 "$log" | cut -c 1-160)); building from Debian packages"
    else
        say "pulling $1 failed: $(tail -n 1 "$log" | cut -c 1-160)"
    fi
    rm -f "$log"
    return 1
}

# --- From Debian packages ------------------------------------------------------------------------

build_debian() {
    local name=$1 recipe=$2 mirror mode=auto
    if ! command -v mmdebstrap >/dev/null; then
        [ "$(id -u)" -eq 0 ] || die "building $name needs mmdebstrap. As root: apt-get install mmdebstrap uidmap"
        say "installing mmdebstrap (about 15 s)"
        { apt-get update -qq || true; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mmdebstrap; } </dev/null >&2
    fi
    if [ "$(id -u)" -eq 0 ]; then
        mode=root
    elif ! { command -v newuidmap && grep -q "^$(id -un):" /etc/subuid; } >/dev/null 2>&1; then
        die "building $name without root needs user namespaces. As root: apt-get install uidmap && usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un); or run scripts/images.sh debian once as root."
    fi
    mirror=$("$scripts/debian-mirror.sh")
    say "building $name from the packages at $mirror (about 15 s)"
    local tar
    tar=$(mktemp --suffix .tar)
    # Docs, manuals and translations are dropped, as in the stock slim image, save licences.
    if ! mmdebstrap --quiet --mode="$mode" --variant=minbase --include=ca-certificates \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt='path-exclude=/usr/share/info/*' \
        trixie "$tar" "$mirror" >&2; then
        rm -f "$tar"
        die "mmdebstrap could not build $name from $mirror"
    fi
    docker import --change 'CMD ["bash"]' --change 'LABEL loadmark.image=1' \
        --change "LABEL loadmark.image.recipe=$recipe" "$tar" "$name" >/dev/null
    rm -f "$tar"
}

# Builds postgres or prometheus on the debian image.
build_on_debian() {
    local image=$1 name=$2 recipe=$3 base
    provide debian
    base=$provided
    say "building $name on $base (15 to 30 s)"
    local log
    log=$(mktemp)
    if ! DOCKER_BUILDKIT=1 docker build --progress=plain --build-arg "BASE_IMAGE=$base" \
        --label loadmark.image=1 --label "loadmark.image.recipe=$recipe" \
        --tag "$name" "$root/images/$image" >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        rm -f "$log"
        die "$name could not be built; the last lines of its log are above"
    fi
    rm -f "$log"
}

# --- Either way ----------------------------------------------------------------------------------

# Makes the image present and leaves its name in the variable "provided".
provide() {
    local image=$1 stock local recipe old began=$SECONDS
    stock=$(stock_name "$image")
    local=$(local_name "$image")
    [ -n "$stock" ] && [ -n "$local" ] || die "unknown image $image: there are debian, postgres and prometheus"
    recipe=$(recipe "$image")
    if present "$stock"; then
        provided=$stock
    elif up_to_date "$local" "$recipe"; then
        provided=$local
    elif ! present "$local" && pull "$stock"; then
        provided=$stock
        say "$stock is there after $((SECONDS - began)) s"
    else
        old=$(docker image inspect --format '{{.Id}}' "$local" 2>/dev/null || true)
        if [ "$image" = debian ]; then build_debian "$local" "$recipe"; else build_on_debian "$image" "$local" "$recipe"; fi
        # An older recipe's image lost its name to the new one; it stays while something uses it.
        [ -z "$old" ] || docker image rm "$old" >/dev/null 2>&1 || true
        provided=$local
        say "$local is there after $((SECONDS - began)) s, $(docker image inspect --format '{{.Size}}' "$local" | awk '{ printf "%.0f MB", $1 / 1e6 }')"
    fi
}

[ $# -gt 0 ] || set -- debian postgres prometheus
for image in "$@"; do
    provide "$image"
    echo "LOADMARK_IMAGE_${image^^}=$provided"
done
