#!/usr/bin/env bash
# Installs with apt what the tests need beside the demonstration's packages; does nothing when all is there.
set -euo pipefail
packages=(tpm2-tools tss2 libtss2-tcti-swtpm0 libtss2-tcti-mssim0 openssl xxd python3 curl make)
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
echo "installing: ${missing[*]}"
run() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
run apt-get update -q
run env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
