//! Assertions about values: of an NV index, and of the TPM's time.
use crate::command::nv::access::check_read;
use crate::context::{Action, Context};
use core::cmp::Ordering;
use tpm2_wire::{
    At, Command, PolicyCounterTimer, PolicyCounterTimerReply, PolicyNv, PolicyNvReply, Rc, TpmEo, to_vec,
};

/// Part 3, 23.9.
impl Action for PolicyNv {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyNvReply, Rc> {
        let (session, policy) = cx.policy(self.policy_session)?;
        let (alg, trial) = (session.auth_hash, policy.trial);
        let index = cx.state.nv(self.nv_index.0).ok_or(Rc::HANDLE.at(Self::nv_index))?.clone();
        if !trial {
            check_read(self.auth_handle, &index, self.nv_index)?;
            compare(
                &index.data.0,
                self.offset,
                self.operation,
                &self.operand_b,
                Self::offset,
                Rc::NV_RANGE,
            )?;
        }
        let args = arguments(cx, alg, &self.operand_b, self.offset, self.operation);
        let name = index.name(cx.crypto)?;
        cx.extend_policy(self.policy_session, &[&Self::SHAPE.code.to_be_bytes(), &args, &name])?;
        Ok(PolicyNvReply {})
    }
}

/// Part 3, 23.10.
impl Action for PolicyCounterTimer {
    fn run(self, cx: &mut Context<'_>) -> Result<PolicyCounterTimerReply, Rc> {
        let (session, policy) = cx.policy(self.policy_session)?;
        let (alg, trial) = (session.auth_hash, policy.trial);
        let time = to_vec(&cx.state.time_info());
        if usize::from(self.offset) > time.len() {
            return Err(Rc::VALUE.at(Self::offset));
        }
        let value = slice(&time, self.offset, self.operand_b.len()).ok_or(Rc::RANGE)?;
        if !trial && !holds(value, self.operation, &self.operand_b) {
            return Err(Rc::POLICY);
        }
        let args = arguments(cx, alg, &self.operand_b, self.offset, self.operation);
        cx.extend_policy(self.policy_session, &[&Self::SHAPE.code.to_be_bytes(), &args])?;
        Ok(PolicyCounterTimerReply {})
    }
}

/// Does `value`, from `offset` on, compare to `operand` as is asked? `TPM_RC_VALUE` at `offset_at` when the offset is
/// beyond the value, `range` when the operand is, and `TPM_RC_POLICY` when the comparison fails.
pub(super) fn compare(
    value: &[u8],
    offset: u16,
    operation: TpmEo,
    operand: &[u8],
    offset_at: At,
    range: Rc,
) -> Result<(), Rc> {
    if usize::from(offset) > value.len() {
        return Err(Rc::VALUE.at(offset_at));
    }
    let value = slice(value, offset, operand.len()).ok_or(range)?;
    if holds(value, operation, operand) { Ok(()) } else { Err(Rc::POLICY) }
}
fn slice(bytes: &[u8], offset: u16, size: usize) -> Option<&[u8]> {
    let offset = usize::from(offset);
    bytes.get(offset..offset.checked_add(size)?)
}
fn arguments(
    cx: &Context<'_>,
    alg: tpm2_crypto::HashAlg,
    operand: &[u8],
    offset: u16,
    operation: TpmEo,
) -> tpm2_crypto::Digest {
    cx.crypto.digest(alg, &[operand, &offset.to_be_bytes(), &operation.value().to_be_bytes()])
}

/// `a operation b`, both big endian and of the same size (Part 2, 6.8).
fn holds(a: &[u8], operation: TpmEo, b: &[u8]) -> bool {
    let unsigned = a.cmp(b);
    let sign = |bytes: &[u8]| bytes.first().is_some_and(|top| top & 0x80 != 0);
    let signed = match (sign(a), sign(b)) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        _ => unsigned,
    };
    match operation {
        TpmEo::Eq => unsigned.is_eq(),
        TpmEo::Neq => unsigned.is_ne(),
        TpmEo::SignedGt => signed.is_gt(),
        TpmEo::UnsignedGt => unsigned.is_gt(),
        TpmEo::SignedLt => signed.is_lt(),
        TpmEo::UnsignedLt => unsigned.is_lt(),
        TpmEo::SignedGe => signed.is_ge(),
        TpmEo::UnsignedGe => unsigned.is_ge(),
        TpmEo::SignedLe => signed.is_le(),
        TpmEo::UnsignedLe => unsigned.is_le(),
        TpmEo::BitSet => a.iter().zip(b).all(|(a, b)| a & b == *b),
        TpmEo::BitClear => a.iter().zip(b).all(|(a, b)| a & b == 0),
    }
}
