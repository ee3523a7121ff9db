# PolicyCpHash and PolicyNameHash bind a session to one command's parameters, or to the objects it touches.
# needs: TPM2_CC_PolicyCpHash TPM2_CC_PolicyNameHash
set -euo pipefail

# The owner lets somebody define exactly one NV index.
tpm2_nvdefine -Q 0x1500080 -C o -s 4 -p x -a 'authread|authwrite' --cphash cp
tpm2_startauthsession -S trial.ctx
tpm2_policycphash -Q -S trial.ctx -L policy --cphash cp
tpm2_flushcontext trial.ctx
tpm2_setprimarypolicy -C o -L policy -g sha256
tpm2_startauthsession --policy-session -S session.ctx
tpm2_policycphash -Q -S session.ctx --cphash cp
refuse 0x99d tpm2_nvdefine -Q 0x1500080 -C o -P session:session.ctx -s 5 -p x -a 'authread|authwrite'
tpm2_policyrestart -S session.ctx
tpm2_policycphash -Q -S session.ctx --cphash cp
tpm2_nvdefine -Q 0x1500080 -C o -P session:session.ctx -s 4 -p x -a 'authread|authwrite'
tpm2_flushcontext session.ctx
