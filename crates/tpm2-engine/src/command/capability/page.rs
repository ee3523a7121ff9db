//! How a list too long for one response is given out: a page at a time (Part 3, 30.2.1).
use tpm2_wire::{List, TpmiYesNo};

/// The elements of a page, and whether there are more.
pub(super) type Page<T, const MAX: usize> = (TpmiYesNo, List<T, MAX>);

/// The first `count` of `items`, but no more than a response holds. `items` are in order and begin where the
/// caller wants to begin.
pub(super) fn page<T, const MAX: usize>(items: impl IntoIterator<Item = T>, count: u32) -> Page<T, MAX> {
    let count = usize::try_from(count).unwrap_or(usize::MAX).min(MAX);
    let mut items = items.into_iter();
    let taken = items.by_ref().take(count).collect();
    (TpmiYesNo::from(items.next().is_some()), taken)
}
