#!/usr/bin/env bash
# Prints the address of a Debian mirror that this machine can reach.
#
# In:  the machine's own apt sources; LOADMARK_DEBIAN_MIRROR overrides them.
# Out: one line on stdout, such as http://deb.debian.org/debian. Takes no time; touches nothing.
set -euo pipefail

if [ -n "${LOADMARK_DEBIAN_MIRROR:-}" ]; then
    echo "$LOADMARK_DEBIAN_MIRROR"
    exit 0
fi

# The label tells Debian's main archive from its security archive and from other vendors'.
mirror=""
if command -v apt-get >/dev/null; then
    mirror=$(apt-get indextargets --format '$(LABEL) $(COMPONENT) $(REPO_URI)' 'Identifier: Packages' 2>/dev/null |
        awk '$1 == "Debian" && $2 == "main" && !found { print $3; found = 1 }' || true)
fi
mirror=${mirror:-http://deb.debian.org/debian}
echo "${mirror%/}"
