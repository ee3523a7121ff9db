# The demonstration, step by step, for whoever reports it (demo/run.sh, tests/guest/run.sh). Sourced.
#
# The caller sets $demo (this directory), $work (scratch, made anew) and $logs, and names the machinery that runs the
# VM in $machinery: demo/vm-$machinery.sh gives
#   vm_title              what it is, for people
#   vm_build              make ready what is needed; long
#   vm_create DISK…       a VM with these disks, a vTPM and Secure Boot on
#   vm_start              power on
#   vm_channel            where its serial port is, as serial.py wants it
#   vm_wait_off           wait until it has powered itself off
#   vm_secure_boot on|off change its firmware's settings, while it is off
#   vm_interface crb|tis  by which interface the guest reaches the same vTPM, while it is off
#   vm_has_gate           whether it can refuse to start a VM for want of isolation
#   vm_delete             stop it if it runs, remove it
. "$demo/lib.sh"
. "$demo/vm-$machinery.sh"

root=$(cd "$demo/.." && pwd)
guest_image=$root/.cache/guest
patience=${DEMO_PATIENCE:-240} # seconds to wait for a boot: ten times what an idle machine needs
boot=                          # the name of the boot, for file names
answer=                        # the file with the guest's last answer
boots=0 boot_seconds=()

# --- Speaking with the guest -------------------------------------------------------------------------------------

serial() { # serial.py's ACTION…
    python3 "$demo/serial.py" "$(vm_channel)" --log "$logs/serial.log" --timeout "$patience" "$@" >"$answer" &
    wait $! # and not in the foreground, so that a signal ends the run at once
}

# Run a step in the guest; its output is in $answer.
guest() { # STEP [ARG…]
    answer=$logs/$boot-$1.txt
    timed "the guest: $1" serial run "$@"
}

fact() { # NAME, as the guest or measured.py gave it
    awk -v name="$1" '$1 == "fact" && $2 == name { sub(/^fact [^ ]+ ?/, ""); print; exit }' "$answer"
}

power_on() { # NAME of this boot
    boot=$1 answer=$logs/$1-boot.txt
    local start=$EPOCHREALTIME
    timed "powering on" vm_start || fail "the VM does not start" "$logs/run.log"
    timed "booting: OVMF, shim, GRUB, Debian's kernel" serial wait || fail "the guest does not boot" "$logs/run.log"
    local seconds uptime
    seconds=$(seconds_since "$start") uptime=$(fact uptime)
    boots=$((boots + 1)) boot_seconds+=("$seconds")
    pass "the guest boots" "$seconds s, of which firmware and boot loader $(minus "$seconds" "$uptime") s"
}

power_off() {
    guest poweroff || fail "the guest does not power off" "$answer"
    timed "powering off" vm_wait_off || fail "the VM does not end after the guest's power off" "$logs/run.log"
}

minus() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", a - b }'; }

# --- The steps ---------------------------------------------------------------------------------------------------

flow_prepare() {
    title "Preparing"
    timed "building the guest from Debian packages" "$demo/build-guest.sh" "$guest_image" ||
        fail "the guest cannot be built" "$logs/run.log"
    pass "the guest's disk is ready" "$took s; $(du -h --apparent-size "$guest_image/disk.img" | cut -f1)"
    secret=kept-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    nonce=$(od -An -N20 -tx1 /dev/urandom | tr -d ' \n')
    cp "$guest_image/disk.img" "$work/boot.img"
    truncate -s 16M "$work/data.img"
    timed "creating the VM" vm_create "$work/boot.img" "$work/data.img" ||
        fail "the VM cannot be created" "$logs/run.log"
    pass "a VM with a vTPM and Secure Boot" "$(vm_title)"
}

flow_first_boot() {
    title "First boot: what is measured, and a disk key for this TPM only"
    power_on first
    guest about || fail "the guest does not answer" "$answer"
    figure="kernel $(fact kernel)"
    check "it has a TPM 2.0: /dev/tpm0" [ "$(fact /dev/tpm0) $(fact tpm_version)" = "yes 2" ]
    figure="kernel lockdown: $(fact lockdown)"
    check "Secure Boot is on" [ "$(fact secure_boot)" = 1 ]

    guest capabilities || fail "tpm2_getcap properties-fixed fails in the guest" "$answer"
    figure=$(sensible_properties "$answer" || true)
    check "tpm2_getcap properties-fixed is sensible" sensible_properties "$answer"

    guest measured || fail "the guest cannot read or replay its event log" "$answer"
    local raw=$answer events
    events=$(fact log_events) answer=$logs/first-compared.txt
    python3 "$demo/measured.py" "$raw" >"$answer" || fail "the PCRs differ from the replayed event log" "$answer"
    registers=$(fact registers_equal)
    pass "tpm2_pcrread equals the replayed event log" \
        "$registers registers in the banks $(fact banks), $events events, no difference"
    grep '^PCR' "$answer" | show
    pcr7_on=$(pcr7 "$answer")

    guest quote "$nonce" || fail "the guest's quote is not accepted" "$answer"
    figure="$took s with new EK and AK"
    check "tpm2_quote passes tpm2_checkquote, and fails it for another nonce" \
        [ "$(fact quote_accepted) $(fact quote_with_other_nonce)" = "yes rejected" ]

    guest enrol "$secret" || fail "the disk cannot be encrypted to the TPM" "$answer"
    pass "a LUKS2 disk whose key is sealed to PCR 7; a file written" \
        "sealing $(fact seal_seconds) s, formatting $(fact format_seconds) s"
    guest srk || fail "the storage root key is not there or not derived again" "$answer"
    srk_name=$(fact srk_name)
    power_off
    check "the file cannot be read from the disk without the key" not grep -qa "$secret" "$work/data.img"
}

flow_second_boot() {
    title "Second boot: a new QEMU, the same vTPM"
    power_on second
    guest srk || fail "the storage root key is not there or not derived again" "$answer"
    figure="name ${srk_name:0:20}…"
    check "the TPM kept its storage root key, and derives it again" [ "$(fact srk_name)" = "$srk_name" ]
    guest unlock || fail "the disk does not open after the reboot" "$answer"
    unseal_seconds=$(fact unseal_seconds)
    figure="unsealing $unseal_seconds s, open after $(fact unlock_seconds) s"
    check "the TPM gives the key, the disk opens, the file is as written" [ "$(fact secret)" = "$secret" ]
    guest extend || fail "the guest cannot extend PCR 7" "$answer"
    guest refused || fail "the guest does not answer" "$answer"
    expect_refusal "PCR 7 extended in the running guest: the TPM refuses the key"
    power_off
}

flow_tampered_boot() {
    title "Third boot: Secure Boot switched off behind the guest's back"
    timed "changing the firmware's settings" vm_secure_boot off || fail "Secure Boot does not switch off" "$logs/run.log"
    power_on tampered
    guest about || fail "the guest does not answer" "$answer"
    check "Secure Boot is off" [ "$(fact secure_boot)" = 0 ]
    guest measured || fail "the guest cannot read or replay its event log" "$answer"
    local raw=$answer
    answer=$logs/tampered-compared.txt
    python3 "$demo/measured.py" "$raw" >"$answer" || fail "the PCRs differ from the replayed event log" "$answer"
    figure="it was $pcr7_on, it is $(pcr7 "$answer")"
    check "PCR 7 tells the difference, and still equals its log" [ "$(pcr7 "$answer")" != "$pcr7_on" ]
    guest refused || fail "the guest does not answer" "$answer"
    expect_refusal "the TPM refuses the key, the disk stays closed"
    power_off
}

# Without this, a TPM that had lost the key would have passed the step before.
flow_restored_boot() {
    title "Fourth boot: Secure Boot on again, and the same TPM behind its other interface"
    timed "changing the firmware's settings" vm_secure_boot on || fail "Secure Boot does not switch on" "$logs/run.log"
    timed "changing the TPM's interface" vm_interface tis || fail "the interface does not change" "$logs/run.log"
    power_on restored
    guest unlock || fail "the disk does not open after Secure Boot is on again" "$answer"
    figure="unsealing $(fact unseal_seconds) s"
    check "the disk opens again: the refusal was about the change, nothing was lost" [ "$(fact secret)" = "$secret" ]
    figure=$(fact tpm_driver)
    check "the guest spoke to it by TIS, to CRB before" [ "$(fact tpm_driver)" = tpm_tis ]
    power_off
}

# --- What the checks look at -------------------------------------------------------------------------------------

not() { ! "$@"; }

pcr7() { awk '$1 == "PCR" && $2 == 7 { print $6 }' "$1"; } # FILE of measured.py

# TPM_RC_POLICY_FAIL (0x1D), of session 1, with the format bit: 0x99D.
expect_refusal() { # TEXT
    figure="$(grep -o 'a policy check failed' "$answer" | head -1) (TPM_RC_POLICY_FAIL, 0x99D)"
    check "$1" [ "$(fact unseal) $(fact key_bytes) $(grep -ciE '0x0*99d' "$answer" | sed 's/[1-9].*/some/')" = "refused 0 some" ]
}

# A TPM that a PC Client platform could have, by what tpm2_getcap prints; says what it found.
sensible_properties() { # FILE
    python3 - "$1" <<'PYTHON'
import re, sys
text = open(sys.argv[1]).read()
raw = {name: int(value, 0) for name, value in re.findall(r"TPM2_PT_(\w+):\s+raw: (\w+)", text)}
words = "".join(raw[n].to_bytes(4, "big").decode().strip("\0 ") for n in sorted(raw) if n.startswith("VENDOR_STRING"))
maker = raw["MANUFACTURER"].to_bytes(4, "big").decode().strip("\0 ")
print(f"{maker} “{words}”, specification 2.0 revision {raw['REVISION'] / 100:.2f}, {raw['PCR_COUNT']} PCRs, "
      f"{raw['TOTAL_COMMANDS']} commands, buffers of {raw['MAX_COMMAND_SIZE']} bytes")
expected = {
    "FAMILY_INDICATOR": raw["FAMILY_INDICATOR"] == 0x322E3000,  # "2.0"
    "REVISION": raw["REVISION"] >= 138,
    "MANUFACTURER": maker.isprintable() and 2 < len(maker) < 5,
    "PCR_COUNT": raw["PCR_COUNT"] >= 24,  # PC Client Platform TPM Profile, 4.6
    "PCR_SELECT_MIN": raw["PCR_SELECT_MIN"] >= 3,
    "MAX_DIGEST": raw["MAX_DIGEST"] in (32, 48, 64),
    "MAX_COMMAND_SIZE": 2048 <= raw["MAX_COMMAND_SIZE"] <= 4096,
    "MAX_RESPONSE_SIZE": 2048 <= raw["MAX_RESPONSE_SIZE"] <= 4096,
    "NV_BUFFER_MAX": raw["NV_BUFFER_MAX"] >= 512,
    "INPUT_BUFFER": raw["INPUT_BUFFER"] >= 1024,
    "HR_TRANSIENT_MIN": raw["HR_TRANSIENT_MIN"] >= 3,
    "HR_LOADED_MIN": raw["HR_LOADED_MIN"] >= 3,
    "HR_PERSISTENT_MIN": raw["HR_PERSISTENT_MIN"] >= 2,
    "TOTAL_COMMANDS": raw["TOTAL_COMMANDS"] == raw["LIBRARY_COMMANDS"] + raw["VENDOR_COMMANDS"] > 60,
}
wrong = [name for name, right in expected.items() if not right]
if wrong:
    print("not sensible:", ", ".join(wrong))
sys.exit(1 if wrong else 0)
PYTHON
}
