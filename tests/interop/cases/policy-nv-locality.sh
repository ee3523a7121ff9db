# PolicyNV compares an index's contents (all operators that are tried), PolicyLocality asks for the locality, and a
# revocation counter stops a key for good.
set -euo pipefail

printf secret >secret
tpm2_createprimary -Q -C o -G ecc -c parent.ctx
tpm2_nvdefine -Q 0x1500070 -C o -s 8 -a 'ownerread|ownerwrite|authread|authwrite'
printf '\0\0\0\0\0\0\0\005' >five
tpm2_nvwrite 0x1500070 -C o -i five

tpm2_startauthsession --policy-session -S session.ctx
holds() { tpm2_policynv -Q -S session.ctx -C o -i "$1" 0x1500070 "$2"; }
printf '\0\0\0\0\0\0\0\006' >six
printf '\377\377\377\377\377\377\377\377' >minus
holds five eq && holds six neq
holds six ult && holds five ule && holds five uge && holds minus sgt && holds five sge && holds six slt && holds six sle
refuse 0x126 holds six eq                                  # TPM_RC_POLICY
refuse 0x126 holds five neq
refuse 0x126 holds five ugt
refuse 0x126 holds minus slt
refuse 0x126 holds minus uge
printf '\0\0\0\0\0\0\0\004' >four
printf '\0\0\0\0\0\0\0\002' >two
holds four bs && holds two bc
refuse 0x126 holds two bs
refuse 0x126 holds four bc
tpm2_flushcontext session.ctx

# A counter as the list of revoked keys: this key lives until the counter passes 1.
tpm2_nvdefine -Q 0x1500071 -C o -s 8 -a 'ownerread|ownerwrite|authread|authwrite|nt=counter'
tpm2_nvincrement 0x1500071 -C o
tpm2_nvread 0x1500071 -C o -o count
tpm2_startauthsession -S trial.ctx
tpm2_policynv -Q -S trial.ctx -C o -i count 0x1500071 eq -L policy
tpm2_flushcontext trial.ctx
tpm2_create -Q -C parent.ctx -i secret -L policy -u seal.pub -r seal.priv
tpm2_load -Q -C parent.ctx -u seal.pub -r seal.priv -c seal.ctx
unlock() {
    command tpm2_startauthsession --policy-session -S session.ctx
    local status=0
    tpm2_policynv -Q -S session.ctx -C o -i count 0x1500071 eq &&
        tpm2_unseal -c seal.ctx -p session:session.ctx -o out || status=$?
    tpm2_flushcontext session.ctx
    return $status
}
unlock
same_file secret out
tpm2_nvincrement 0x1500071 -C o
refuse 0x126 unlock

# Locality 0 satisfies a policy that asks for 0, and not one that asks for 3.
for locality in zero three; do
    tpm2_startauthsession -S trial.ctx
    tpm2_policylocality -Q -S trial.ctx -L policy $locality
    tpm2_flushcontext trial.ctx
    tpm2_create -Q -C parent.ctx -i secret -L policy -u seal.pub -r seal.priv
    tpm2_load -Q -C parent.ctx -u seal.pub -r seal.priv -c seal.ctx
    tpm2_startauthsession --policy-session -S session.ctx
    tpm2_policylocality -Q -S session.ctx $locality
    case $locality in
        zero) equal secret "$(tpm2_unseal -c seal.ctx -p session:session.ctx)" "at locality 0" ;;
        three) refuse 0x907 tpm2_unseal -c seal.ctx -p session:session.ctx ;;      # TPM_RC_LOCALITY
    esac
    tpm2_flushcontext session.ctx
done
