//! How a value is read from and written to the wire: big endian, sizes first.
use crate::{Accept, Rc};
use alloc::vec::Vec;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Bytes yet to be read, and the profile that they are read against.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    accept: &'a Accept,
    seen: Seen,
}

/// The algorithms and curves that were read: what a TPM is going to need. Null values do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Bit `n % 64` of word `n / 64` for the `TPM_ALG_ID` n.
    algorithms: [u64; 3],
    /// Bit `n` for the `TPM_ECC_CURVE` n.
    curves: u128,
}
impl Seen {
    /// Adds an algorithm (`TPM_ALG_ID`).
    pub fn add(&mut self, alg: u16) {
        if let Some(word) = self.algorithms.get_mut(usize::from(alg / 64)) {
            *word |= 1 << (alg % 64);
        }
    }
    /// Adds a curve (`TPM_ECC_CURVE`).
    pub fn add_curve(&mut self, curve: u16) {
        self.curves |= 1u128.checked_shl(curve.into()).unwrap_or(0);
    }
    /// Adds what another reader saw.
    pub fn merge(&mut self, other: Seen) {
        self.algorithms.iter_mut().zip(other.algorithms).for_each(|(ours, theirs)| *ours |= theirs);
        self.curves |= other.curves;
    }
    /// Was the algorithm seen?
    #[must_use]
    pub fn algorithm(&self, alg: u16) -> bool {
        self.algorithms.get(usize::from(alg / 64)).is_some_and(|word| word >> (alg % 64) & 1 == 1)
    }
    /// Was the curve seen?
    #[must_use]
    pub fn curve(&self, curve: u16) -> bool {
        self.curves.checked_shr(curve.into()).is_some_and(|bits| bits & 1 == 1)
    }
}

impl<'a> Reader<'a> {
    /// A reader over `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8], accept: &'a Accept) -> Self {
        Reader { bytes, accept, seen: Seen::default() }
    }
    /// The next `n` bytes, or `TPM_RC_INSUFFICIENT`.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], Rc> {
        let (head, tail) = self.bytes.split_at_checked(n).ok_or(Rc::INSUFFICIENT)?;
        self.bytes = tail;
        Ok(head)
    }
    /// All is read, or `TPM_RC_SIZE`.
    pub fn finish(self) -> Result<(), Rc> {
        if self.bytes.is_empty() { Ok(()) } else { Err(Rc::SIZE) }
    }
    /// What is left.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes
    }
    /// The profile.
    #[must_use]
    pub fn accept(&self) -> &'a Accept {
        self.accept
    }
    /// Is the algorithm in the profile? Then it was seen.
    pub fn algorithm(&mut self, id: u16) -> bool {
        let known = self.accept.algorithm(id);
        if known {
            self.seen.add(id);
        }
        known
    }
    /// Is the curve in the profile? Then it was seen.
    pub fn curve(&mut self, id: u16) -> bool {
        let known = self.accept.curve(id);
        if known {
            self.seen.add_curve(id);
        }
        known
    }
    /// What was read so far.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.seen
    }
}

/// A value of Part 2.
pub trait Wire: Sized {
    /// True for a `TPM2B_*`: as the first parameter it can be encrypted by a session.
    const SIZED: bool = false;
    /// Reads one value; the response code on refusal is the one that Part 2 gives for the type.
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc>;
    /// Appends the value.
    fn write(&self, w: &mut Vec<u8>);
}

/// The bytes of one value.
pub fn to_vec<T: Wire>(value: &T) -> Vec<u8> {
    let mut w = Vec::new();
    value.write(&mut w);
    w
}

macro_rules! integers { ($($t:ty)*) => { $(
    impl Wire for $t {
        fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
            let (bytes, _) = r.take(size_of::<$t>())?.split_first_chunk().ok_or(Rc::INSUFFICIENT)?;
            Ok(Self::from_be_bytes(*bytes))
        }
        fn write(&self, w: &mut Vec<u8>) {
            w.extend_from_slice(&self.to_be_bytes());
        }
    }
)* } }
integers!(u8 u16 u32 u64 i32);

fn read_sized<'a>(r: &mut Reader<'a>, max: usize) -> Result<&'a [u8], Rc> {
    let size = usize::from(u16::read(r)?);
    if size > max {
        return Err(Rc::SIZE);
    }
    r.take(size)
}
fn write_sized(bytes: &[u8], w: &mut Vec<u8>) {
    // No value of this crate reaches 64 KiB; were one to, the reader on the other side would refuse it.
    let size = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    size.write(w);
    w.extend_from_slice(bytes);
}

/// A `TPM2B` of public bytes, at most `MAX` of them; longer is `TPM_RC_SIZE`.
#[derive(Clone, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct Buffer<const MAX: usize>(pub Vec<u8>);

impl<const MAX: usize> Wire for Buffer<MAX> {
    const SIZED: bool = true;
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        Ok(Buffer(read_sized(r, MAX)?.to_vec()))
    }
    fn write(&self, w: &mut Vec<u8>) {
        write_sized(&self.0, w);
    }
}
impl<const MAX: usize> core::ops::Deref for Buffer<MAX> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}
impl<const MAX: usize> From<&[u8]> for Buffer<MAX> {
    fn from(bytes: &[u8]) -> Self {
        Buffer(bytes.to_vec())
    }
}
impl<const MAX: usize> core::fmt::Debug for Buffer<MAX> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// A `TPM2B` of secret bytes: wiped when dropped, never printed. Compare in constant time only.
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop)]
pub struct Secret<const MAX: usize>(pub Vec<u8>);

impl<const MAX: usize> Wire for Secret<MAX> {
    const SIZED: bool = true;
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        Ok(Secret(read_sized(r, MAX)?.to_vec()))
    }
    fn write(&self, w: &mut Vec<u8>) {
        write_sized(&self.0, w);
    }
}
impl<const MAX: usize> core::ops::Deref for Secret<MAX> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}
impl<const MAX: usize> From<&[u8]> for Secret<MAX> {
    fn from(bytes: &[u8]) -> Self {
        Secret(bytes.to_vec())
    }
}

/// A `TPM2B` around a structure (`size=` in Part 2): empty is `TPM_RC_SIZE`, and so is any size but the structure's.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Sized2b<T>(pub T);

impl<T: Wire> Wire for Sized2b<T> {
    const SIZED: bool = true;
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        read_structure(r)?.map(Sized2b).ok_or(Rc::SIZE)
    }
    fn write(&self, w: &mut Vec<u8>) {
        let mut inner = to_vec(&self.0);
        write_sized(&inner, w);
        inner.zeroize();
    }
}

/// A `TPM2B` around a structure that may be absent (size zero).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SizedOpt<T>(pub Option<T>);

impl<T: Wire> Wire for SizedOpt<T> {
    const SIZED: bool = true;
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        read_structure(r).map(SizedOpt)
    }
    fn write(&self, w: &mut Vec<u8>) {
        let mut inner = self.0.as_ref().map(to_vec).unwrap_or_default();
        write_sized(&inner, w);
        inner.zeroize();
    }
}

fn read_structure<T: Wire>(r: &mut Reader<'_>) -> Result<Option<T>, Rc> {
    let size = usize::from(u16::read(r)?);
    if size == 0 {
        return Ok(None);
    }
    let before = r.rest().len();
    let value = T::read(r)?;
    if before - r.rest().len() == size { Ok(Some(value)) } else { Err(Rc::SIZE) }
}

/// A `TPML`: a count of 32 bits, `MIN` to `MAX` (else `TPM_RC_SIZE`), and the elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T, const MAX: usize, const MIN: usize = 0>(pub Vec<T>);

impl<T, const MAX: usize, const MIN: usize> Default for List<T, MAX, MIN> {
    fn default() -> Self {
        List(Vec::new())
    }
}
impl<T: Wire, const MAX: usize, const MIN: usize> Wire for List<T, MAX, MIN> {
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        let count = u32::read(r)?;
        if !(MIN..=MAX).contains(&(count as usize)) {
            return Err(Rc::SIZE);
        }
        (0..count).map(|_| T::read(r)).collect::<Result<_, _>>().map(List)
    }
    fn write(&self, w: &mut Vec<u8>) {
        (self.0.len() as u32).write(w);
        self.0.iter().for_each(|element| element.write(w));
    }
}
impl<T, const MAX: usize, const MIN: usize> core::ops::Deref for List<T, MAX, MIN> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}
impl<T, const MAX: usize, const MIN: usize> FromIterator<T> for List<T, MAX, MIN> {
    fn from_iter<I: IntoIterator<Item = T>>(iter: I) -> Self {
        List(iter.into_iter().collect())
    }
}

/// A type that Part 3 may decorate with `+`: its null value is no value of its own, but the `None` of an `Option`.
pub trait Nullable: Wire {
    /// What the null value is written as: an algorithm identifier or a handle.
    type Tag: Wire + PartialEq;
    /// `TPM_ALG_NULL` or `TPM_RH_NULL`.
    const NULL: Self::Tag;
}

impl<T: Nullable> Wire for Option<T> {
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        let mut ahead = *r;
        if T::Tag::read(&mut ahead)? == T::NULL {
            *r = ahead;
            return Ok(None);
        }
        T::read(r).map(Some)
    }
    fn write(&self, w: &mut Vec<u8>) {
        match self {
            Some(value) => value.write(w),
            None => T::NULL.write(w),
        }
    }
}
