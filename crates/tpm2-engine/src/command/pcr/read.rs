use crate::context::{Action, Context};
use crate::crypt::digest_2b;
use tpm2_wire::{PcrRead, PcrReadReply, Rc, TpmlPcrSelection};

/// How many values a `TPML_DIGEST` holds.
const MAX_VALUES: usize = 8;

/// Part 3, 22.4.
impl Action for PcrRead {
    fn run(self, cx: &mut Context<'_>) -> Result<PcrReadReply, Rc> {
        let (mut pcr_selection_out, values) = cx.state.volatile.pcrs.select(&self.pcr_selection_in);
        keep_first(&mut pcr_selection_out, MAX_VALUES);
        Ok(PcrReadReply {
            pcr_update_counter: cx.state.reset.pcr_counter,
            pcr_selection_out,
            pcr_values: values.iter().take(MAX_VALUES).map(digest_2b).collect(),
        })
    }
}

/// Clears all bits of a selection but its first `left`.
fn keep_first(selection: &mut TpmlPcrSelection, mut left: usize) {
    for byte in selection.0.iter_mut().flat_map(|bank| &mut bank.pcr_select) {
        for bit in (0..8).map(|n| 1u8 << n).filter(|bit| *byte & bit != 0).collect::<alloc::vec::Vec<_>>() {
            if left == 0 {
                *byte &= !bit;
            } else {
                left -= 1;
            }
        }
    }
}
