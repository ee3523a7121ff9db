#!/usr/bin/env bash
# Builds the engine into a static program without an operating system, and runs it: `no_std` that is linked, not only said.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=x86_64-unknown-none
rustup target list --installed | grep -qx "$target" || rustup target add "$target"
# The vector code of libcrux is chosen by the architecture, and this target has no vectors: rustc fails on it.
export LIBCRUX_DISABLE_SIMD256=1
flags='["-Crelocation-model=static"]'
cargo build --release --locked -p freestanding --features program --target "$target" \
    --config "target.$target.rustflags=$flags"
program=${CARGO_TARGET_DIR:-target}/$target/release/freestanding
if readelf -lW "$program" | grep -q INTERP; then
    echo "$program asks for a loader" >&2
    exit 1
fi
# CPUID traps in a confidential VM. ML-KEM and ML-DSA of libcrux ask it once (docs/adr/0014-freestanding.md); nothing else may.
asks=$(objdump -d --no-show-raw-insn "$program" | awk '/^[0-9a-f]+ </ { name = $2 } $2 == "cpuid" { print name }' | sort -u)
if grep -v libcrux_platform <<<"$asks" | grep -q .; then
    echo "$program asks CPUID in $asks" >&2
    exit 1
fi
"$program" || { echo "$program: exit code $?" >&2; exit 1; }
echo "freestanding: $(stat -c %s "$program") bytes, all commands succeeded"
