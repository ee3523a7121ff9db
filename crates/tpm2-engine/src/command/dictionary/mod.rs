//! Part 3, 25: dictionary-attack protection.
mod lock_reset;
mod parameters;

actions! { DictionaryAttackLockReset DictionaryAttackParameters }
