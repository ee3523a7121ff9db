use crate::context::{Action, Context};
use crate::crypt::hash;
use crate::state::pcr::{Bank, BankConfig};
use alloc::sync::Arc;
use tpm2_wire::{PCR_COUNT, PcrAllocate, PcrAllocateReply, Rc, TpmiYesNo, TpmsPcrSelection};

/// The PCR of the H-CRTM and that of a dynamic launch: some bank must have each (PTP, 4.6.1).
const REQUIRED: [u32; 2] = [0, 17];

/// Part 3, 22.5. What is allocated changes at the next `_TPM_Init`; until then the last request counts.
impl Action for PcrAllocate {
    fn run(self, cx: &mut Context<'_>) -> Result<PcrAllocateReply, Rc> {
        // Banks that are not named stay as they are, which is not what an earlier request wanted of them.
        let mut allocated = cx.state.volatile.pcrs.allocation(cx.profile);
        for wanted in &*self.pcr_allocation {
            let alg = hash(wanted.hash)?;
            if let Some(bank) = allocated.iter_mut().find(|bank| bank.alg == alg) {
                bank.pcrs = bits(wanted);
            }
        }
        if !REQUIRED.iter().all(|pcr| allocated.iter().any(|bank| bank.pcrs >> pcr & 1 == 1)) {
            return Err(Rc::PCR);
        }
        let size = |bank: &Bank| bank.alg.digest_size() as u32 * bank.pcrs.count_ones();
        let size_needed = allocated.iter().map(size).sum();
        let size_available = allocated.iter().map(|bank| bank.alg.digest_size() as u32 * PCR_COUNT).sum();
        cx.state.persistent.banks = Arc::new(BankConfig { allocated });
        cx.state.volatile.banks_changed = true;
        Ok(PcrAllocateReply {
            allocation_success: TpmiYesNo::Yes,
            max_pcr: PCR_COUNT,
            size_needed,
            size_available,
        })
    }
}

/// A selection as a number: bit `n` for PCR `n`.
fn bits(selection: &TpmsPcrSelection) -> u32 {
    (0..PCR_COUNT).filter(|n| selection.selects(*n)).fold(0, |bits, n| bits | 1 << n)
}
