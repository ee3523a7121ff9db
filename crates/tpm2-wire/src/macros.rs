//! Part 2 as tables: how each kind of type is declared.

/// A structure: its fields in wire order.
macro_rules! structures { ($( $(#[$d:meta])* $name:ident $(: $($derive:ident)+)? { $( $(#[$fd:meta])* $f:ident : $t:ty, )* } )*) => { $(
    $(#[$d])*
    #[derive(Clone $($(, $derive)+)?)]
    pub struct $name { $( $(#[$fd])* pub $f: $t, )* }
    impl Wire for $name {
        fn read(r: &mut Reader<'_>) -> Result<Self, Rc> { Ok($name { $( $f: <$t>::read(r)?, )* }) }
        fn write(&self, w: &mut Vec<u8>) { $( self.$f.write(w); )* }
    }
)* } }

/// A selector and the union it selects, as one enum: they cannot disagree. The selector is refused with `$rc`
/// when it is unknown or, being an algorithm, not in the profile.
macro_rules! unions { ($( $(#[$d:meta])* $name:ident $(: $($derive:ident)+)? [$tag:ty, else $rc:ident $(, $algorithm:ident)?] { $( $(#[$vd:meta])* $v:ident $(($t:ty))? = $c:expr, )* } )*) => { $(
    $(#[$d])*
    #[derive(Clone $($(, $derive)+)?)]
    pub enum $name { $( $(#[$vd])* $v $(($t))?, )* }
    impl $name {
        /// The selector.
        #[must_use]
        pub const fn tag(&self) -> $tag { match self { $( unions!(@pat $v $(($t))?) => $c, )* } }
        /// Reads the part after a selector that stood apart from it.
        pub fn read_as(tag: $tag, _r: &mut Reader<'_>) -> Result<Self, Rc> {
            $( if !_r.$algorithm(tag) { return Err(Rc::$rc); } )?
            $( if tag == $c { return Ok(unions!(@read _r $v $(($t))?)); } )*
            Err(Rc::$rc)
        }
        /// Writes the part after the selector.
        pub fn write_rest(&self, _w: &mut Vec<u8>) { match self { $( unions!(@bind x $v $(($t))?) => { unions!(@write _w x $($t)?); } )* } }
    }
    impl Wire for $name {
        fn read(r: &mut Reader<'_>) -> Result<Self, Rc> { let tag = <$tag>::read(r)?; Self::read_as(tag, r) }
        fn write(&self, w: &mut Vec<u8>) { self.tag().write(w); self.write_rest(w); }
    }
)* };
    (@pat $v:ident) => { Self::$v };           (@pat $v:ident ($t:ty)) => { Self::$v(_) };
    (@bind $x:ident $v:ident) => { Self::$v }; (@bind $x:ident $v:ident ($t:ty)) => { Self::$v($x) };
    (@read $r:ident $v:ident) => { Self::$v }; (@read $r:ident $v:ident ($t:ty)) => { Self::$v(<$t>::read($r)?) };
    (@write $w:ident $x:ident) => { };         (@write $w:ident $x:ident $t:ty) => { $x.write($w) };
}

/// A closed set of constants; any other value is refused with `$rc`.
macro_rules! constants { ($( $(#[$d:meta])* $name:ident : $repr:ty, else $rc:ident { $( $(#[$vd:meta])* $v:ident = $c:literal, )* } )*) => { $(
    $(#[$d])*
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    #[repr($repr)]
    pub enum $name { $( $(#[$vd])* $v = $c, )* }
    impl $name {
        /// The value of this number, if there is one.
        #[must_use]
        pub const fn from_value(value: $repr) -> Option<Self> { match value { $( $c => Some(Self::$v), )* _ => None } }
        /// The number.
        #[must_use]
        pub const fn value(self) -> $repr { self as $repr }
    }
    impl Wire for $name {
        fn read(r: &mut Reader<'_>) -> Result<Self, Rc> { Self::from_value(<$repr>::read(r)?).ok_or(Rc::$rc) }
        fn write(&self, w: &mut Vec<u8>) { (*self as $repr).write(w) }
    }
)* } }

/// A set of bits; a reserved bit that is set is refused with `TPM_RC_RESERVED_BITS`.
macro_rules! attributes { ($( $(#[$d:meta])* $name:ident : $repr:ty, reserved $reserved:literal { $( $(#[$vd:meta])* $v:ident = $c:expr, )* } )*) => { $(
    $(#[$d])*
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub struct $name(pub $repr);
    impl $name {
        $( $(#[$vd])* pub const $v: $name = $name($c); )*
        /// Are all bits of `other` set?
        #[must_use]
        pub const fn has(self, other: $name) -> bool { self.0 & other.0 == other.0 }
        /// Is any bit of `other` set?
        #[must_use]
        pub const fn any(self, other: $name) -> bool { self.0 & other.0 != 0 }
        /// With the bits of `other` set, or clear.
        #[must_use]
        pub const fn with(self, other: $name, set: bool) -> $name { if set { $name(self.0 | other.0) } else { $name(self.0 & !other.0) } }
    }
    impl core::ops::BitOr for $name { type Output = $name; fn bitor(self, other: $name) -> $name { $name(self.0 | other.0) } }
    impl Wire for $name {
        fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
            let bits = <$repr>::read(r)?;
            #[allow(clippy::bad_bit_mask)] // some types reserve no bit
            if bits & $reserved == 0 { Ok($name(bits)) } else { Err(Rc::RESERVED_BITS) }
        }
        fn write(&self, w: &mut Vec<u8>) { self.0.write(w) }
    }
)* } }

/// Interface types for handles: a value out of range is refused with `TPM_RC_VALUE`.
macro_rules! handles { ($($(#[$d:meta])* $n:ident = $p:pat,)*) => { $(
    $(#[$d])*
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub struct $n(pub u32);
    impl Wire for $n {
        fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
            match u32::read(r)? { h @ $p => Ok($n(h)), _ => Err(Rc::VALUE) }
        }
        fn write(&self, w: &mut Vec<u8>) { self.0.write(w) }
    }
    impl Nullable for $n { type Tag = u32; const NULL: u32 = TpmRh::NULL; }
    impl From<$n> for u32 { fn from(h: $n) -> u32 { h.0 } }
    impl crate::schema::Number for $n { fn number(&self) -> u32 { self.0 } }
)* } }

/// Interface types for algorithms: one that is not in the profile is refused with `$rc`.
macro_rules! algorithms { ($($(#[$d:meta])* $n:ident, else $rc:ident { $( $(#[$vd:meta])* $v:ident = $c:literal, )* } )*) => { $(
    $(#[$d])*
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    #[repr(u16)]
    pub enum $n { $( $(#[$vd])* $v = $c, )* }
    impl $n {
        /// The algorithm of this identifier, if it is one of these.
        #[must_use]
        pub const fn from_id(id: u16) -> Option<Self> { match id { $( $c => Some(Self::$v), )* _ => None } }
        /// The `TPM_ALG_ID`.
        #[must_use]
        pub const fn id(self) -> u16 { self as u16 }
    }
    impl Wire for $n {
        fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
            let id = u16::read(r)?;
            if !r.algorithm(id) { return Err(Rc::$rc); }
            Self::from_id(id).ok_or(Rc::$rc)
        }
        fn write(&self, w: &mut Vec<u8>) { self.id().write(w) }
    }
    impl Nullable for $n { type Tag = u16; const NULL: u16 = TpmAlg::NULL; }
)* } }
