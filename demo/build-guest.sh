#!/bin/bash
# Build the demonstration guest from Debian packages: a disk that boots under Secure Boot by itself.
#
#   disk.img: GPT with one EFI system partition
#     /EFI/BOOT/BOOTX64.EFI   shim, signed by Microsoft, whose keys OVMF has enrolled
#     /EFI/BOOT/grubx64.efi   GRUB, signed by Debian
#     /EFI/debian/grub.cfg    where the signed GRUB looks for its configuration
#     /vmlinuz                Debian's cloud kernel, signed by Debian
#     /initrd                 busybox, tpm2-tools, cryptsetup, modules; guest/init and guest/steps
#
# Usage: build-guest.sh [OUT]   (default: .cache/guest in the project). Needs no root, mounts nothing. The
# second run does nothing if the scripts, the package versions and the image are still the same, by content.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../.cache/guest}
"$here/install.sh"
mkdir -p "$out/debs"
out=$(cd "$out" && pwd)

say() { echo "guest: $*"; }
die() { echo "build-guest.sh: $*" >&2; exit 1; }

# apt's own answer to "what would be installed on an empty machine": NAME=VERSION, one a line. It prints no URI of
# what is in its cache, so it is shown an empty one.
closure() {
    mkdir -p "$out/no-cache/partial"
    apt-get -qq -y --print-uris --no-install-recommends -o Dir::State::status=/dev/null \
        -o Dir::Cache::archives="$out/no-cache" install "$@" |
        awk '{ print $2 }' | sed -E 's/^([^_]+)_(.+)_[^_]+$/\1=\2/; s/%3a/:/'
}

# The file names and SHA-256 of packages in the archive, one a line.
located() {
    apt-get -qq --print-uris download "$@" | sed -E "s/^'[^']*' ([^ ]+) .*SHA256:([0-9a-f]+).*/\1 \2/"
}

# Is the downloaded file what apt's signed lists say?
intact() { [ -s "$1" ] && echo "$2  $1" | sha256sum --check --status; } # FILE SHA256

if ! apt-cache show linux-image-cloud-amd64 >/dev/null 2>&1; then
    # A fresh container has no package lists.
    [ "$(id -u)" = 0 ] || die "apt has no package lists: sudo apt-get update"
    apt-get -q -o DPkg::Lock::Timeout=600 update
fi
kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image-[0-9]/ { print $2; exit }')
[ -n "$kernel" ] || die "linux-image-cloud-amd64 names no kernel: is this Debian on amd64? (apt-cache depends linux-image-cloud-amd64)"
mapfile -t names < <(closure busybox-static tpm2-tools cryptsetup-bin)
[ ${#names[@]} -gt 10 ] || die "apt cannot resolve the guest's packages: apt-get install -s tpm2-tools says why"
packages=$(located "${names[@]}" shim-signed grub-efi-amd64-signed "$kernel" | sort -u) ||
    die "apt does not find the guest's packages (apt-get update)"

# What the image is made from, and the image that came of it.
sources=("$here/build-guest.sh" "$here/initramfs.py" "$here/guest/init" "$here/guest/steps" "$here/guest/grub.cfg")
made_from=$( { cat "${sources[@]}"; echo "$packages"; } | sha256sum | cut -d' ' -f1)
if [ -s "$out/built" ] && [ "$(head -1 "$out/built")" = "$made_from" ] &&
    (cd "$out" && tail -n +2 built | sha256sum --check --quiet --status 2>/dev/null); then
    exit 0
fi
rm -f "$out/built"

cd "$out/debs"
wanted=()
while read -r file hash; do
    intact "$file" "$hash" && continue
    rm -f "$file"
    name_version=${file%_*}
    name_version=${name_version/_/=}
    wanted+=("${name_version//%3a/:}")
done <<<"$packages"
if [ ${#wanted[@]} -gt 0 ]; then
    say "fetching ${#wanted[@]} Debian packages"
    sandbox=()
    [ "$(id -u)" != 0 ] || sandbox=(-o APT::Sandbox::User=root) # else apt warns that _apt may not write here
    apt-get -qq "${sandbox[@]}" download "${wanted[@]}" ||
        die "apt-get could not download the guest's packages; old lists? (apt-get update)"
fi

say "unpacking"
work=$out/work
rm -rf "$work"
mkdir -p "$work"/{sysroot/usr,esp/EFI/{BOOT,debian}}
for link in bin sbin lib lib64; do
    mkdir "$work/sysroot/usr/$link"
    ln -s "usr/$link" "$work/sysroot/$link" # Debian 12's packages are not merged-/usr yet, later ones are
done
while read -r file hash; do
    intact "$file" "$hash" || die "$out/debs/$file is not what apt's lists promise (apt-get update, then again)"
    dpkg-deb --fsys-tarfile "$file" |
        tar -x --keep-directory-symlink --no-same-owner --exclude='./usr/share/*' -C "$work/sysroot"
done <<<"$packages"
sysroot=$work/sysroot

python3 "$here/initramfs.py" "$sysroot" "$here/guest/init" "$here/guest/steps" "$work/initrd.cpio" |
    sed 's/^/guest: /'
zstd -q -19 -T0 "$work/initrd.cpio" -o "$work/esp/initrd"
cp "$sysroot/usr/lib/shim/shimx64.efi.signed" "$work/esp/EFI/BOOT/BOOTX64.EFI"
cp "$sysroot/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed" "$work/esp/EFI/BOOT/grubx64.efi"
# Only the kernel's EFI stub hands the firmware's event log on. GRUB 2.06 enters by it when Secure Boot is on, and else
# only if told by this command; GRUB 2.12 always does, and no longer knows the command.
stub=
if grep -qa linuxefi "$work/esp/EFI/BOOT/grubx64.efi"; then stub=efi; fi
sed -E "s/^(linux|initrd) /\\1$stub /" "$here/guest/grub.cfg" >"$work/esp/EFI/debian/grub.cfg"
cp "$sysroot"/boot/vmlinuz-* "$work/esp/vmlinuz"

say "writing the disk"
find "$work/esp" -exec touch -d @1700000000 {} + # fixed times and identifiers: same input, same bytes
mebibytes=$(($(du -sm "$work/esp" | cut -f1) + 4))
esp=$work/esp.img
truncate -s ${mebibytes}M "$esp"
mkfs.vfat --invariant -n ESP "$esp" >/dev/null
for entry in "$work"/esp/*; do
    mcopy -s -m -i "$esp" "$entry" ::/
done
disk=$work/disk.img
truncate -s $((mebibytes + 2))M "$disk" # 1 MiB before the partition, and the table's copy after it
sfdisk -q "$disk" <<TABLE
label: gpt
label-id: 6D1A33A0-6E1B-4C55-9A5B-5D0A8B4B0A01
start=2048, size=$((mebibytes * 2048)), type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid=6D1A33A0-6E1B-4C55-9A5B-5D0A8B4B0A02, name=esp
TABLE
dd if="$esp" of="$disk" bs=1M seek=1 conv=notrunc,sparse status=none

mv "$disk" "$out/disk.img"
{ echo "$made_from"; cd "$out" && sha256sum disk.img; } >"$work/built"
mv "$work/built" "$out/built" # last, so that an interrupted build is no build
say "$(du -h --apparent-size "$out/disk.img" | cut -f1) disk.img: kernel ${kernel#linux-image-}," \
    "initrd $(($(stat -c %s "$work/esp/initrd") / 1024)) KiB"
rm -rf "$work"
