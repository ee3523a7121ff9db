# Reset, Restart and Resume: what Shutdown and Startup of each kind keep of PCRs, contexts, locks and counters.
set -euo pipefail

digest=$(sha sha256 <<<x | hex)
counter() { tpm2_readclock >clock; yaml "$1" clock; }
check_counts() { # RESETS RESTARTS since the first boot
    equal $((first_reset + $1)) "$(counter reset_count)" "resetCount"
    equal "$2" "$(counter restart_count)" "restartCount"
}
first_reset=$(counter reset_count)

# Before Startup nothing but Startup (and GetCapability, for its reason); twice is once too often.
tpm_power_cycle
refuse 0x100 tpm2_getrandom --hex 4                        # TPM_RC_INITIALIZE
tpm_startup clear
equal 00000100 "$(raw_rc 80010000000c000001440000)" "second Startup"
check_counts 1 0

# Resume: Shutdown(STATE), Startup(STATE).
printf secret >secret
tpm2_createprimary -Q -C o -G ecc -c parent.ctx
tpm2_createprimary -Q -C n -G ecc -c null.ctx
tpm2_readpublic -Q -c null.ctx -n null.name
tpm2_nvdefine -Q 0x15000d0 -C o -s 6 -a 'ownerread|ownerwrite|authread|authwrite|write_stclear'
tpm2_nvwrite 0x15000d0 -C o -i secret
tpm2_nvwritelock 0x15000d0 -C o
tpm2_startauthsession --policy-session -S session.ctx
tpm2_policycommandcode -Q -S session.ctx TPM2_CC_Unseal
tpm2_pcrextend "1:sha256=$digest" "16:sha256=$digest"
one=$(pcr sha256 1)
tpm2_shutdown
tpm_power_cycle
tpm_startup state
equal "$one" "$(pcr sha256 1)" "PCR 1 after resume"
equal "$(printf %064d 0)" "$(pcr sha256 16)" "PCR 16 after resume"
refuse 0x148 tpm2_nvwrite 0x15000d0 -C o -i secret         # the lock is still there
tpm2_readpublic -Q -c parent.ctx                           # and so are the contexts
tpm2_policycommandcode -Q -S session.ctx TPM2_CC_Unseal
tpm2_createprimary -Q -C n -G ecc -c again.ctx
tpm2_readpublic -Q -c again.ctx -n again.name
same_file null.name again.name
check_counts 1 1

# Restart: Shutdown(STATE), Startup(CLEAR): PCRs start again, contexts live on, locks are gone.
tpm2_pcrextend "1:sha256=$digest"
tpm2_nvwritelock 0x15000d0 -C o || true
tpm2_shutdown
tpm_power_cycle
tpm_startup clear
equal "$(printf %064d 0)" "$(pcr sha256 1)" "PCR 1 after restart"
tpm2_nvwrite 0x15000d0 -C o -i secret
tpm2_readpublic -Q -c parent.ctx
tpm2_policycommandcode -Q -S session.ctx TPM2_CC_Unseal
tpm2_flushcontext session.ctx
check_counts 1 2

# Startup(STATE) after Shutdown(CLEAR) or after no Shutdown: TPM_RC_VALUE.
tpm2_shutdown -c
tpm_power_cycle
refuse 0x1c4 tpm2_startup
tpm_startup clear
check_counts 2 0
refuse '0x1df|0x1cb' tpm2_readpublic -c parent.ctx                # contexts of before the reset
tpm2_shutdown
tpm2_pcrextend "1:sha256=$digest"                          # a change after Shutdown makes it void...
tpm_power_cycle
tpm2_startup || tpm_startup clear
tpm_power_cycle
refuse 0x1c4 tpm2_startup
tpm_startup clear

# The state of Shutdown(STATE) is on disk: it outlives the process.
tpm2_pcrextend "2:sha256=$digest"
two=$(pcr sha256 2)
tpm2_shutdown
tpm_restart KILL
tpm_startup state
equal "$two" "$(pcr sha256 2)" "PCR 2 after resume in a new process"
