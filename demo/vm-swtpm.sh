# The VM by hand: plain QEMU and Debian's swtpm, no donjon. The control of the experiment: what the guest sees here
# it must see on donjon. flow.sh describes the functions.

vm_dir=$work/vm

vm_title() { echo "plain QEMU and Debian's swtpm"; }
vm_build() { "$demo/install.sh" "$demo/packages-swtpm"; }
vm_has_gate() { return 1; }

vm_create() { # DISK…
    mkdir -p "$vm_dir/tpm"
    vm_sockets=$(mktemp -d) # a socket's path has no more than 107 bytes
    printf '%s\n' "$@" >"$vm_dir/disks"
    vm_secure_boot on
}

# A variable store with Microsoft's keys, or one without keys, which switches verification off.
vm_secure_boot() { # on|off
    local store=OVMF_VARS_4M.ms.fd
    [ "$1" = on ] || store=OVMF_VARS_4M.fd
    cp "/usr/share/OVMF/$store" "$vm_dir/vars.fd"
}

vm_interface=crb
vm_interface() { vm_interface=$1; } # crb|tis

vm_start() {
    local arguments=(-machine q35,smm=on -accel tcg -cpu Nehalem -m 512 -nodefaults -nic none -display none -no-reboot
        -global driver=cfi.pflash01,property=secure,value=on
        -drive if=pflash,unit=0,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.secboot.fd
        -drive if=pflash,unit=1,format=raw,file="$vm_dir/vars.fd"
        -chardev socket,id=tpm,path="$vm_sockets/tpm" -tpmdev emulator,id=tpm,chardev=tpm -device "tpm-$vm_interface,tpmdev=tpm"
        -serial unix:"$vm_sockets/serial",server=on,wait=off)
    local path
    while read -r path; do arguments+=(-drive "if=virtio,format=raw,file=$path"); done <"$vm_dir/disks"

    swtpm socket --tpm2 --tpmstate dir="$vm_dir/tpm" --ctrl type=unixio,path="$vm_sockets/tpm" --terminate \
        --log file="$logs/swtpm.log" &
    vm_tpm=$!
    until [ -S "$vm_sockets/tpm" ]; do
        kill -0 "$vm_tpm" || return 1
        sleep 0.05
    done
    qemu-system-x86_64 "${arguments[@]}" >>"$logs/qemu.log" 2>&1 &
    vm_qemu=$!
}

vm_channel() { echo "unix:$vm_sockets/serial"; }

vm_wait_off() {
    wait "$vm_qemu" "$vm_tpm"
    vm_qemu='' vm_tpm=''
}

vm_delete() {
    local process
    for process in ${vm_qemu:-} ${vm_tpm:-}; do kill "$process" 2>/dev/null || true; done
    rm -rf "$vm_dir" "${vm_sockets:-}"
}
