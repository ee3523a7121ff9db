#!/bin/bash
# Install the Debian packages named in the lists given (default: demo/packages) that are not there yet.
# Usage: install.sh [LIST…]. Does nothing, and needs no root, when nothing is missing.
# A line `a|b` is for what one release of Debian has in a and another in b: the first that this one has is taken,
# and `a|-` for what some release does not have at all.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || set -- "$here/packages"
lists=("$@")
# Lists that are a day old may name versions the mirror no longer has, and a fresh container has none.
fresh=no
[ -z "$(find /var/lib/apt/lists -name '*Packages*' -mtime -1 -print -quit 2>/dev/null)" ] || fresh=yes

# Sets `missing`, as far as apt's lists tell.
look() {
    local line name
    missing=()
    for line in $(sed 's/#.*//' "${lists[@]}" | sort -u); do # lines are single words
        name=$line
        if [ "$line" != "${line%%|*}" ]; then
            for name in ${line//|/ }; do
                apt-cache show "$name" >/dev/null 2>&1 && break
            done
            # Without lists nothing is known yet: then it counts as missing.
            [ "$name" != - ] || { [ $fresh = yes ] && continue; }
        fi
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)" = installed ] || missing+=("$name")
    done
}
look
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        echo "Missing Debian packages: ${missing[*]}" >&2
        echo "Only root may install them: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo -n)
fi
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600)

if [ $fresh = no ]; then
    "${apt[@]}" update
    fresh=yes
    look
fi
[ ${#missing[@]} -gt 0 ] || exit 0
echo "installing from Debian: ${missing[*]}"
"${apt[@]}" install --no-install-recommends "${missing[@]}" || {
    echo "apt-get could not install: ${missing[*]} (see the lines above)" >&2
    exit 1
}
