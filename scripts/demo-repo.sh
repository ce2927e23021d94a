#!/usr/bin/env bash
# Makes the demo service's git repository: main with the baseline, and one branch beside it for each
# patch in examples/shop/history.
#
# In:  DIR, the folder to make; examples/shop and its history.
# Out: the repository in DIR with main checked out; one line a branch on stdout, "NAME SHA". The same
#      files give the same SHAs, at any time and on any machine.
# Takes under a second. A repository that is up to date is left alone, an older one of ours is made
# anew; a folder that isn't ours, or where somebody has changed files, is refused.
set -euo pipefail

say() { echo "demo-repo: $*" >&2; }
die() { say "$*"; exit 1; }

[ $# -eq 1 ] && [ -n "$1" ] || { echo "usage: demo-repo.sh DIR" >&2; exit 2; }
dir=${1%/}
shop=$(cd "$(dirname "${BASH_SOURCE[0]}")/../examples/shop" && pwd)
branches=()
for patch in "$shop"/history/*.patch; do branches+=("$(basename "$patch" .patch)"); done

# Nothing of the caller's git may change a SHA: no settings, hooks, signing or line ends, fixed
# people and dates.
unset "${!GIT_@}"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME="Shop developers" GIT_AUTHOR_EMAIL=developers@shop.invalid
export GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL

commit_all() { # DATE MESSAGE
    git -C "$new" add --all
    GIT_AUTHOR_DATE=$1 GIT_COMMITTER_DATE=$1 git -C "$new" commit --quiet --message "$2"
}
heads() { git -C "$1" for-each-ref --format='%(refname:short) %(objectname)' refs/heads/main "${branches[@]/#/refs/heads/}"; }

if [ -e "$dir" ] && [ ! -e "$dir/.git/loadmark-demo" ] && [ -n "$(ls -A "$dir")" ]; then
    die "$dir is there and was not made by this script; name another folder"
fi

mkdir -p "$(dirname "$dir")"
new=$(mktemp -d "$dir.XXXXXX")
trap 'rm -rf "$new"' EXIT
git init --quiet --initial-branch=main --object-format=sha1 --template= "$new"
git -C "$new" config core.autocrlf false
git -C "$new" config core.fileMode false
touch "$new/.git/loadmark-demo"

cp "$shop"/*.go "$shop"/shop.proto "$shop"/schema.sql "$shop"/Dockerfile "$shop"/.dockerignore "$shop"/README.md "$new"/
commit_all 2025-01-06T09:00:00+00:00 "A small shop

Products, search, carts, checkout and reservations, with metrics for each endpoint and call."

for branch in "${branches[@]}"; do
    patch=$shop/history/$branch.patch
    git -C "$new" checkout --quiet -b "$branch" main
    git -C "$new" apply --whitespace=nowarn "$patch" || die "$patch does not apply to examples/shop"
    # What stands above the diff is the commit's message.
    commit_all 2025-01-07T09:00:00+00:00 "$(sed '/^diff --git /,$d' "$patch")"
    git -C "$new" checkout --quiet main
done

if [ -e "$dir/.git/loadmark-demo" ]; then
    if [ "$(heads "$dir")" = "$(heads "$new")" ]; then
        say "$dir is up to date"
        heads "$dir"
        exit 0
    fi
    [ -z "$(git -C "$dir" status --porcelain)" ] || die "$dir is of an older history, and files were changed in it; move it away first"
    say "$dir is of an older history; making it anew"
    rm -rf "$dir"
fi
if [ -d "$dir" ]; then rmdir "$dir"; fi
chmod 755 "$new"
mv "$new" "$dir"
say "made $dir"
heads "$dir"
