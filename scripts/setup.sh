#!/usr/bin/env bash
# Installs what Loadmark needs to be built and to run its demo and tests, where it is missing:
# Docker Engine, compose v2, buildx, git, make, a C compiler. Rust is only checked.
#
# In:  a Debian-like machine; root, or a user who may talk to a Docker engine that is already there.
#      DOCKER_CONFIG (default ~/.docker) is the folder that gets the command line plug-ins.
# Out: exit 0 when everything is there, 1 with what to do when something can't be installed.
#      Distribution packages go onto the system (root only); plug-ins into $DOCKER_CONFIG/cli-plugins.
# Takes under a second when nothing is missing, about a minute when everything is.
set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
plugins=${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins
# Debian release whose compose and buildx are unpacked where the distribution has none that are new enough.
plugin_suite=trixie

say() { echo "setup: $*" >&2; }
die() { say "$*"; exit 1; }
is_root() { [ "$(id -u)" -eq 0 ]; }

package_lists_fresh=no
apt_install() {
    if [ "$package_lists_fresh" = no ]; then
        say "refreshing the package lists (about 10 s)"
        apt-get update -qq >&2 || say "apt-get update failed; going on with the lists that are there"
        package_lists_fresh=yes
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >&2
}

# --- Tools of the system -------------------------------------------------------------------------

# Installs the packages in "command:package" pairs whose command is missing.
need_commands() {
    local pair missing=()
    for pair in "$@"; do
        command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    is_root || die "missing: ${missing[*]}. As root: apt-get install ${missing[*]}"
    command -v apt-get >/dev/null || die "missing: ${missing[*]}. Install them with your package manager."
    say "installing ${missing[*]} (about 30 s)"
    apt_install "${missing[@]}"
}

need_commands git:git make:make cc:gcc curl:curl
# The C compiler alone can't link: libc's headers come as a package of their own.
if ! echo 'int main(void) { return 0; }' | cc -x c -o /dev/null - 2>/dev/null; then
    is_root || die "the C compiler can't link a program. As root: apt-get install gcc libc6-dev"
    say "installing gcc and libc6-dev (about 30 s)"
    apt_install gcc libc6-dev
fi

# --- Docker Engine -------------------------------------------------------------------------------

engine_answers() { timeout 10 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

start_engine() {
    if [ -d /run/systemd/system ]; then
        say "starting Docker Engine through systemd (a few seconds)"
        systemctl start docker >&2 || true
    elif ! pidof dockerd >/dev/null 2>&1; then
        say "starting Docker Engine in the background, its log is /var/log/dockerd.log (5 to 15 s)"
        # Not a child of this shell's session: it has to outlive the terminal.
        setsid nohup dockerd >>/var/log/dockerd.log 2>&1 </dev/null &
    fi
    local waited=0
    until engine_answers; do
        waited=$((waited + 1))
        [ "$waited" -le 30 ] || return 1
        sleep 1
    done
}

if ! command -v docker >/dev/null; then
    is_root || die "Docker is missing, and only root can install it. As root: apt-get install docker.io && adduser $(id -un) docker; then log in again."
    say "installing Docker Engine, package docker.io (about 30 s)"
    apt_install docker.io
    # Packaged apart in newer releases; without it there is an engine but no command.
    command -v docker >/dev/null || apt_install docker-cli
fi
if ! engine_answers; then
    if is_root && [ -z "${DOCKER_HOST:-}" ]; then
        command -v dockerd >/dev/null || { say "installing Docker Engine, package docker.io (about 30 s)"; apt_install docker.io; }
        start_engine || die "Docker Engine doesn't answer after 30 s. Its log: /var/log/dockerd.log, or: journalctl -u docker"
    elif [ -S /var/run/docker.sock ] && [ ! -w /var/run/docker.sock ]; then
        die "Docker Engine is there, but $(id -un) may not talk to it. As root: adduser $(id -un) docker; then log in again."
    else
        die "Docker Engine doesn't answer at ${DOCKER_HOST:-/var/run/docker.sock}, and only root can start it. As root: systemctl start docker"
    fi
fi

# --- Compose v2 and buildx -----------------------------------------------------------------------

have_compose() {
    local version
    version=$(docker compose version --short 2>/dev/null) || return 1
    version=${version#v}
    [ "${version%%.*}" -ge 2 ] 2>/dev/null
}
have_buildx() { docker buildx version >/dev/null 2>&1; }

# Tries the packages in the arguments until the function named first is satisfied.
# docker-compose counts only from 2 on: older distributions call 1.29 by this name.
from_distribution() {
    local satisfied=$1 package candidate
    shift
    is_root && command -v apt-cache >/dev/null || return 1
    for package in "$@"; do
        candidate=$(apt-cache policy "$package" 2>/dev/null | awk '$1 == "Candidate:" { print $2 }')
        candidate=${candidate#*:}
        case $candidate in '' | '(none)') continue ;; esac
        if [ "$package" = docker-compose ] && [ "${candidate%%.*}" -lt 2 ]; then continue; fi
        say "installing $package $candidate from the distribution (about 15 s)"
        if apt_install "$package" && "$satisfied"; then return 0; fi
    done
    return 1
}

# Unpacks the plug-ins in the arguments out of Debian packages of the same name, without installing
# them: the binaries are self-contained, and the system's own sources stay as they are.
from_debian_package() {
    local plugin mirror keyring="" dir
    command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
        die "missing: $*. Install Docker's own packages docker-compose-plugin and docker-buildx-plugin: https://docs.docker.com/engine/install/"
    mirror=$("$scripts/debian-mirror.sh")
    [ ! -e /usr/share/keyrings/debian-archive-keyring.gpg ] || keyring="[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
    say "unpacking $* from Debian $plugin_suite at $mirror into $plugins (about 15 s)"
    dir=$(mktemp -d)
    # shellcheck disable=SC2064 # The folder's name is meant now: the variable is gone at exit.
    trap "rm -rf '$dir'" EXIT
    mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$plugins"
    echo "deb ${keyring}$mirror $plugin_suite main" >"$dir/sources.list"
    local apt=(apt-get -qq
        -o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir/cache"
        -o APT::Default-Release= -o APT::Sandbox::User= -o Acquire::Languages=none)
    "${apt[@]}" update >&2
    (cd "$dir" && "${apt[@]}" download "$@" >&2)
    for plugin in "$@"; do
        mkdir "$dir/$plugin"
        dpkg -x "$dir/$plugin"_*.deb "$dir/$plugin"
        local binary
        binary=$(find "$dir/$plugin" -type f -name "$plugin" -perm -u+x | head -n 1)
        [ -n "$binary" ] || die "Debian's package $plugin has no binary $plugin: report this"
        # Into place in one step, so that a command running meanwhile never sees half a file.
        install -m 755 "$binary" "$plugins/.$plugin.new"
        mv "$plugins/.$plugin.new" "$plugins/$plugin"
    done
}

missing=()
have_compose || from_distribution have_compose docker-compose-v2 docker-compose-plugin docker-compose || missing+=(docker-compose)
have_buildx || from_distribution have_buildx docker-buildx docker-buildx-plugin || missing+=(docker-buildx)
[ ${#missing[@]} -eq 0 ] || from_debian_package "${missing[@]}"
have_compose || die "docker compose is still missing or older than 2, though it was unpacked into $plugins"
have_buildx || die "docker buildx is still missing, though it was unpacked into $plugins"

# --- Rust ----------------------------------------------------------------------------------------

# Rust is not installed here: a distribution's is too old, and rustup is the user's to accept.
wanted=$(sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' "$scripts/../Cargo.toml" 2>/dev/null | head -n 1 || true)
wanted=${wanted:-1.94}
get_rust="get Rust $wanted or later with https://rustup.rs (rustup update, if you have it)"
PATH=$PATH:$HOME/.cargo/bin
command -v cargo >/dev/null || die "cargo is missing: $get_rust"
# The compiler decides, not cargo: RUSTC and toolchain files can name another one.
found=$("${RUSTC:-rustc}" --version 2>/dev/null | awk '{ print $2 }' || true)
[ -n "$found" ] || die "rustc is missing: $get_rust"
[ "$(printf '%s\n' "$wanted" "${found%%-*}" | sort -V | head -n 1)" = "$wanted" ] || die "rustc is $found: $get_rust"

say "ready: Docker Engine $(docker version --format '{{.Server.Version}}'), compose $(docker compose version --short), $(docker buildx version | awk '{ print "buildx", $2 }'), rustc $found"
