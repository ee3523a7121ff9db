//! How state is written down: numbered fields, each with its length, so that a reader knows what it does not know.
//!
//! A structure is destructured exhaustively where it is saved: a field that nobody decided about does not compile.
use alloc::{collections::BTreeMap, string::String, sync::Arc, vec::Vec};
use tpm2_wire::{Accept, Buffer, Reader, Secret, Wire};

/// Saved state that cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// What was wrong.
    pub what: &'static str,
    /// Where: structure and field, as `docs/FORMAT.md` has them. Empty outside of any.
    pub place: &'static str,
}
impl LoadError {
    /// The same, found here; the innermost place is the one that is told.
    pub(crate) fn at(self, place: &'static str) -> LoadError {
        if self.place.is_empty() { LoadError { place, ..self } } else { self }
    }
}
impl core::fmt::Display for LoadError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "the TPM state cannot be loaded: {}", self.what)?;
        if self.place.is_empty() { Ok(()) } else { write!(f, " ({})", self.place) }
    }
}
impl core::error::Error for LoadError {}

pub(crate) const fn bad(what: &'static str) -> LoadError {
    LoadError { what, place: "" }
}

/// A value that survives in bytes.
pub(crate) trait Saved: Sized {
    fn save(&self, w: &mut Vec<u8>);
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError>;
    fn from_bytes(bytes: &[u8]) -> Result<Self, LoadError> {
        let mut r = Reader::new(bytes, &Accept::ALL);
        let value = Self::load(&mut r)?;
        r.finish().map_err(|_| bad("a record is longer than its content"))?;
        Ok(value)
    }
}

pub(crate) fn take<'a>(r: &mut Reader<'a>, n: usize) -> Result<&'a [u8], LoadError> {
    r.take(n).map_err(|_| bad("a record is cut short"))
}

/// Types of the wire are saved as on the wire.
#[macro_export]
#[doc(hidden)]
macro_rules! saved_as_wire { ($($t:ty)*) => { $(
    impl $crate::saved::Saved for $t {
        fn save(&self, w: &mut alloc::vec::Vec<u8>) { tpm2_wire::Wire::write(self, w) }
        fn load(r: &mut tpm2_wire::Reader<'_>) -> Result<Self, $crate::saved::LoadError> {
            tpm2_wire::Wire::read(r).map_err(|_| $crate::saved::bad(concat!("malformed ", stringify!($t))))
        }
    }
)* } }
saved_as_wire! { u8 u16 u32 u64 tpm2_wire::TpmiAlgHash tpm2_wire::TpmtSymDef tpm2_wire::TpmsNvPublic tpm2_wire::TpmtSensitive tpm2_wire::TpmaLocality }

impl<const MAX: usize> Saved for Secret<MAX> {
    fn save(&self, w: &mut Vec<u8>) {
        self.write(w);
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        Wire::read(r).map_err(|_| bad("malformed secret"))
    }
}
impl<const MAX: usize> Saved for Buffer<MAX> {
    fn save(&self, w: &mut Vec<u8>) {
        self.write(w);
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        Wire::read(r).map_err(|_| bad("malformed buffer"))
    }
}
/// A public area, whose nameAlg may be null.
impl Saved for tpm2_wire::TpmtPublic {
    fn save(&self, w: &mut Vec<u8>) {
        self.write(w);
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        tpm2_wire::AnyName::read(r).map(|public| public.0).map_err(|_| bad("malformed public area"))
    }
}
impl Saved for bool {
    fn save(&self, w: &mut Vec<u8>) {
        w.push(u8::from(*self));
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        match u8::load(r)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(bad("a flag is neither 0 nor 1")),
        }
    }
}
impl Saved for u128 {
    fn save(&self, w: &mut Vec<u8>) {
        w.extend_from_slice(&self.to_be_bytes());
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        let bytes = take(r, 16)?.first_chunk().ok_or(bad("a record is cut short"))?;
        Ok(u128::from_be_bytes(*bytes))
    }
}
impl<T: Saved> Saved for Option<T> {
    fn save(&self, w: &mut Vec<u8>) {
        self.is_some().save(w);
        if let Some(value) = self {
            value.save(w);
        }
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        bool::load(r)?.then(|| T::load(r)).transpose()
    }
}
impl<T: Saved> Saved for Arc<T> {
    fn save(&self, w: &mut Vec<u8>) {
        T::save(self, w);
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        T::load(r).map(Arc::new)
    }
}
impl<T: Saved> Saved for Vec<T> {
    fn save(&self, w: &mut Vec<u8>) {
        (self.len() as u32).save(w);
        self.iter().for_each(|value| value.save(w));
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        let count = u32::load(r)?;
        (0..count).map(|_| T::load(r)).collect()
    }
}
impl<K: Saved + Ord, V: Saved> Saved for BTreeMap<K, V> {
    fn save(&self, w: &mut Vec<u8>) {
        (self.len() as u32).save(w);
        self.iter().for_each(|(key, value)| {
            key.save(w);
            value.save(w);
        });
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        let count = u32::load(r)?;
        (0..count).map(|_| Ok((K::load(r)?, V::load(r)?))).collect()
    }
}
/// A number of things, or a size in bytes.
impl Saved for usize {
    fn save(&self, w: &mut Vec<u8>) {
        u32::try_from(*self).unwrap_or(u32::MAX).save(w);
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        u32::load(r).map(|n| n as usize)
    }
}
impl Saved for String {
    fn save(&self, w: &mut Vec<u8>) {
        (self.len() as u32).save(w);
        w.extend_from_slice(self.as_bytes());
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        let len = u32::load(r)?;
        let text = core::str::from_utf8(take(r, len as usize)?).map_err(|_| bad("text that is not UTF-8"))?;
        Ok(text.into())
    }
}
impl<A: Saved, B: Saved> Saved for (A, B) {
    fn save(&self, w: &mut Vec<u8>) {
        self.0.save(w);
        self.1.save(w);
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        Ok((A::load(r)?, B::load(r)?))
    }
}
impl<A: Saved, B: Saved, C: Saved> Saved for (A, B, C) {
    fn save(&self, w: &mut Vec<u8>) {
        self.0.save(w);
        self.1.save(w);
        self.2.save(w);
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        Ok((A::load(r)?, B::load(r)?, C::load(r)?))
    }
}
/// Digests are saved with their length.
impl Saved for tpm2_crypto::Digest {
    fn save(&self, w: &mut Vec<u8>) {
        w.push(self.len() as u8);
        w.extend_from_slice(self);
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        let len = u8::load(r)?;
        tpm2_crypto::Digest::from_slice(take(r, usize::from(len))?).ok_or(bad("a digest is too long"))
    }
}
impl Saved for tpm2_crypto::HashAlg {
    fn save(&self, w: &mut Vec<u8>) {
        self.id().save(w);
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        tpm2_crypto::HashAlg::from_id(u16::load(r)?).ok_or(bad("unknown hash algorithm"))
    }
}

/// Writes one numbered field.
pub(crate) fn save_field<T: Saved>(number: u8, value: &T, w: &mut Vec<u8>) {
    number.save(w);
    let at = w.len();
    0u32.save(w);
    value.save(w);
    let len = (w.len() - at - 4) as u32;
    if let Some(slot) = w.get_mut(at..at + 4) {
        slot.copy_from_slice(&len.to_be_bytes());
    }
}
/// Reads the field that must come next.
pub(crate) fn load_field<T: Saved>(number: u8, r: &mut Reader<'_>) -> Result<T, LoadError> {
    if u8::load(r)? != number {
        return Err(bad("a field is missing or from a newer version"));
    }
    let len = u32::load(r)?;
    T::from_bytes(take(r, len as usize)?)
}

/// Reads a field that states from before it was thought of lack. What follows in them is the end, or the next
/// element of a map, whose first byte (of a handle) is no field number that is given out late.
pub(crate) fn load_field_or<T: Saved>(
    number: u8,
    r: &mut Reader<'_>,
    default: impl FnOnce() -> T,
) -> Result<T, LoadError> {
    if r.rest().first() == Some(&number) { load_field(number, r) } else { Ok(default()) }
}

/// A structure as numbered fields; numbers are never used again once retired. A field that is added later stands
/// last and says what it is in a state that lacks it: `9 count: u32 = 0,`.
macro_rules! saved {
    ($( $(#[$d:meta])* $name:ident { $( $(#[$fd:meta])* $number:literal $field:ident : $t:ty $(= $default:expr)?, )* } )*) => { $(
        $(#[$d])*
        #[derive(Clone)]
        pub(crate) struct $name { $( $(#[$fd])* pub(crate) $field: $t, )* }
        saved!(@fields $name { $( $number $field $(= $default)?, )* });
    )* };
    // One that callers may see and make.
    (pub $(#[$d:meta])* $name:ident { $( $(#[$fd:meta])* $number:literal $field:ident : $t:ty $(= $default:expr)?, )* }) => {
        $(#[$d])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name { $( $(#[$fd])* pub $field: $t, )* }
        saved!(@fields $name { $( $number $field $(= $default)?, )* });
    };
    (@fields $name:ident { $( $number:literal $field:ident $(= $default:expr)?, )* }) => {
        impl $crate::saved::Saved for $name {
            fn save(&self, w: &mut alloc::vec::Vec<u8>) {
                let $name { $($field),* } = self;
                $( $crate::saved::save_field($number, $field, w); )*
            }
            fn load(r: &mut tpm2_wire::Reader<'_>) -> Result<Self, $crate::saved::LoadError> {
                Ok($name { $( $field: {
                    let place = concat!(stringify!($name), ".", stringify!($field));
                    saved!(@load r $number $($default)?).map_err(|error| error.at(place))?
                }, )* })
            }
        }
    };
    (@load $r:ident $number:literal) => { $crate::saved::load_field($number, $r) };
    (@load $r:ident $number:literal $default:expr) => { $crate::saved::load_field_or($number, $r, || $default) };
}

#[cfg(test)]
mod tests {
    use super::*;

    saved! {
        /// As it was.
        Old { 1 a: u8, }
        /// As it is now.
        New { 1 a: u8, 2 b: u16 = 7, }
    }
    fn bytes<T: Saved>(value: &T) -> Vec<u8> {
        let mut w = Vec::new();
        value.save(&mut w);
        w
    }

    #[test]
    fn a_field_that_an_old_state_lacks_has_its_default() {
        let new = New::from_bytes(&bytes(&Old { a: 1 })).expect("an old state");
        assert_eq!((new.a, new.b), (1, 7));
        let new = New::from_bytes(&bytes(&New { a: 1, b: 2 })).expect("a new state");
        assert_eq!((new.a, new.b), (1, 2));
        assert!(
            Old::from_bytes(&bytes(&New { a: 1, b: 2 })).is_err(),
            "an old engine knows what it does not know"
        );
        assert!(
            New::from_bytes(&[bytes(&Old { a: 1 }), alloc::vec![3, 0, 0, 0, 0]].concat()).is_err(),
            "field 3"
        );
        let map = BTreeMap::from([(0x8000_0000u32, Old { a: 1 }), (0x8000_0001, Old { a: 2 })]);
        let map = BTreeMap::<u32, New>::from_bytes(&bytes(&map)).expect("an old map");
        assert_eq!(map.values().map(|new| (new.a, new.b)).collect::<Vec<_>>(), [(1, 7), (2, 7)]);
    }
}
