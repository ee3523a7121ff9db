# The VM on donjon: QEMU with a vTPM in its isolation container, and the gate. flow.sh describes the functions.
#
# DONJON names a program that is built already; else it is built here.

vm=demo
policy=$work/policy.toml
# A socket's path has no more than 107 bytes, so a deep checkout keeps its home elsewhere.
vm_home=$work/home
if [ ${#vm_home} -gt 70 ]; then vm_home=$(mktemp -d); fi
export DONJON_HOME=$vm_home DONJON_POLICY=$policy

vm_title() { echo "donjon, vTPM isolated at level $running"; }
vm_has_gate() { return 0; }

vm_build() {
    write_policy true L2
    donjon=${DONJON:-}
    if [ -z "$donjon" ]; then
        title "Building donjon"
        command -v cargo >/dev/null || fail "cargo is missing; https://rustup.rs has it"
        timed "cargo build --release" cargo build --release --locked --manifest-path "$root/Cargo.toml" -p donjon ||
            fail "donjon does not build" "$logs/run.log"
        donjon=${CARGO_TARGET_DIR:-$root/target}/release/donjon
        pass "donjon is built" "$took s"
    fi
    [ -x "$donjon" ] || fail "$donjon is no program; set DONJON to one that is built, or unset it"
    title "The host"
    timed "probing the container" donjon_to "$logs/status.json" status --json ||
        fail "donjon status fails" "$logs/status.json"
    running=$(status_of isolation running)
    "$donjon" status | show
    settle_level
}

# The demonstration must also run where the kernel lacks something, but not by looking away: it says so, and lowers
# its own policy to what was proved.
settle_level() {
    case $running in
        L2 | L3 | L4) pass "the container is running: a probe could not read a trustlet" "level $running" ;;
        L1 | L0)
            echo "  ! This host proves level $running only; what L2 needs is named above, with the cure."
            echo "  ! The demonstration goes on with isolation.minimum = \"$running\" in its own policy file."
            write_policy true "$running"
            ;;
        *) fail "no isolation level is running" "$logs/status.json" ;;
    esac
    local vbs
    vbs=$(status_of virtualization_based_security)
    figure=$vbs
    check "virtualization-based security is claimed only if a hypervisor holds the container" vbs_is_honest "$vbs"
}

vbs_is_honest() {
    case $running in L3 | L4) [ "$1" = "Running" ] ;; *) [ "$1" = "Enabled but not running" ] ;; esac
}

vm_create() { # DISK…
    local disks=() path
    for path in "$@"; do disks+=(--disk "$path"); done
    "$donjon" vm create $vm "${disks[@]}" --memory 512 --tpm crb
}

vm_start() { "$donjon" vm start $vm; }
vm_secure_boot() { "$donjon" vm set $vm --secure-boot "$1"; }
vm_interface() { "$donjon" vm set $vm --tpm "$1"; }
vm_channel() { echo "unix:$DONJON_HOME/run/$vm/serial.sock"; }
vm_state() { "$donjon" vm show $vm --json | json state; }

vm_wait_off() {
    local deadline=$((SECONDS + 60))
    until [ "$(vm_state)" = stopped ]; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.2
    done
}

vm_delete() {
    if [ -x "${donjon:-}" ] && [ -d "$DONJON_HOME/vms/$vm" ]; then
        cp "$DONJON_HOME/vms/$vm"/*.log "$logs/" 2>/dev/null || true
        "$donjon" vm stop $vm --force || true
        "$donjon" vm delete $vm --yes || true
    fi
    rm -rf "$vm_home"
}

# --- The gate ----------------------------------------------------------------------------------------------------

flow_gate() {
    title "The gate: the same VM, but not the isolation that the policy asks for"
    write_policy true "$(level_above)"
    expect_gate above "isolation.minimum = \"$(level_above)\""
    write_policy false L2
    expect_gate off "isolation.enabled = false"
    write_policy true "$running"
    timed "powering on" vm_start || fail "the VM does not start with the policy as it was" "$logs/run.log"
    pass "with the policy as it was, it starts again" "$took s"
    timed "stopping" "$donjon" vm stop $vm --force || fail "the VM does not stop" "$logs/run.log"
}

expect_gate() { # FILE-NAME POLICY-LINE
    local code=0
    answer=$logs/gate-$1.txt
    timed "donjon vm start $vm" donjon_to "$answer" vm start $vm || code=$?
    figure="exit code $code"
    check "with $2, donjon vm start $vm is refused" [ $code = 4 ]
    show <"$answer"
    check "in Windows' words" grep -q "can't start because virtualization-based security is not running on the host" "$answer"
    check "with the cause, the evidence and the cure" has_all "$answer" "Missing: " "Evidence: " "What to do: "
    figure=$(vm_state)
    check "before anything started" [ "$(vm_state)" = stopped ]
}

vm_gate_proof() {
    printf ';\nand donjon refused to start it, naming cause and cure, when the policy asked for more isolation than\n'
    printf 'the %s that runs, and when the container was switched off' "$running"
}

# --- Small things ------------------------------------------------------------------------------------------------

write_policy() { # ENABLED MINIMUM
    printf '[isolation]\nenabled = %s\nminimum = "%s"\n' "$1" "$2" >"$policy"
    chmod 644 "$policy"
}

level_above() { echo "L$((${running#L} + 1))"; }

donjon_to() { # FILE ARG…: both streams to the file
    local file=$1
    shift
    "$donjon" "$@" >"$file" 2>&1
}

status_of() { json "$@" <"$logs/status.json"; }

# One value out of a JSON document.
json() { # KEY…
    python3 -c 'import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1:]: value = value[key]
print("" if value is None else value)' "$@"
}

has_all() { # FILE TEXT…
    local file=$1 text
    shift
    for text in "$@"; do grep -qF "$text" "$file" || return 1; done
}
