//! What of version 1.85 this TPM does not have: `docs/adr/0007-left-out.md` has the reason for each.
mod common;

use common::{Chip, assemble, parse};
use tpm2_wire::{Rc, SHAPES};

/// Attached components, field upgrade, and the vendor command that tests dispatchers.
const LEFT_OUT: &[&str] = &[
    "AcGetCapability",
    "AcSend",
    "PolicyAcSendSelect",
    "FieldUpgradeStart",
    "FieldUpgradeData",
    "FirmwareRead",
    "VendorTcgTest",
];

#[test]
fn exactly_these_commands_are_left_out() {
    let mut chip = Chip::new();
    let unknown = SHAPES.iter().filter(|shape| {
        let response = chip.raw(&assemble(shape, &[], &[], &[]));
        parse(shape, &response).is_err_and(|rc| rc == Rc::COMMAND_CODE)
    });
    let mut unknown: Vec<&str> = unknown.map(|shape| shape.name).collect();
    let mut expected = LEFT_OUT.to_vec();
    unknown.sort_unstable();
    expected.sort_unstable();
    assert_eq!(unknown, expected);
}
