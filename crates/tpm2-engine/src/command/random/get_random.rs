use crate::context::{Action, Context};
use tpm2_wire::{Buffer, GetRandom, GetRandomReply, MAX_DIGEST, Rc};

/// Part 3, 16.1. Who asks for more than a `TPM2B_DIGEST` holds gets what it holds.
impl Action for GetRandom {
    fn run(self, cx: &mut Context<'_>) -> Result<GetRandomReply, Rc> {
        let bytes = cx.random(usize::from(self.bytes_requested).min(MAX_DIGEST))?;
        Ok(GetRandomReply { random_bytes: Buffer(bytes.to_vec()) })
    }
}
