//! The grammar of a Part 3 table, and all that follows from one.
use crate::{At, Rc, Reader};
use alloc::vec::Vec;

/// The role in which a handle is authorized (Part 1, 19.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// No authorization.
    None,
    /// `USER`.
    User,
    /// `ADMIN`.
    Admin,
    /// `DUP`.
    Dup,
}

/// A decoration of a command in Part 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(non_camel_case_types)]
pub enum Flag {
    /// `{NV}`: may write NV.
    nv,
    /// `{E}`: may flush any number of objects.
    extensive,
    /// `{F}`: the object or session of the handle is flushed at the end.
    flushed,
    /// No sessions of any kind are allowed (TPM2_Startup, context commands and their like).
    no_sessions,
    /// `+{PP}`: the platform can ask for physical presence where its own authorization is given (Part 1, 16.3).
    pp,
}

/// What the dispatcher and `TPM2_GetCapability` need to know of a command before its action runs.
#[derive(Debug)]
pub struct Shape {
    /// `TPM_CC`.
    pub code: u32,
    /// The name in Rust case.
    pub name: &'static str,
    /// One for each handle.
    pub roles: &'static [Role],
    /// The names of the handles.
    pub handles: &'static [&'static str],
    /// The names of the parameters.
    pub params: &'static [&'static str],
    /// The response has a handle.
    pub reply_handle: bool,
    /// The first parameter can be encrypted.
    pub decrypt: bool,
    /// The first response parameter can be encrypted.
    pub encrypt: bool,
    /// Decorations.
    pub flags: &'static [Flag],
}
impl Shape {
    /// Has it this decoration?
    #[must_use]
    pub fn is(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }
    /// How many handles need authorization.
    #[must_use]
    pub fn authorized(&self) -> usize {
        self.roles.iter().filter(|role| **role != Role::None).count()
    }
}

/// A command of Part 3 as a type: its handles and parameters are its fields.
pub trait Command: Sized {
    /// What is declared of it.
    const SHAPE: Shape;
    /// What its response holds.
    type Reply;
    /// The handle area: read, and type-checked, before any authorization.
    type Handles;
    /// Reads the handle area.
    fn handles(r: &mut Reader<'_>) -> Result<Self::Handles, Rc>;
    /// The handles as numbers, in order.
    fn numbers(handles: &Self::Handles) -> [u32; 3];
    /// Reads the parameter area, after it has been authorized and decrypted.
    fn params(handles: Self::Handles, r: &mut Reader<'_>) -> Result<Self, Rc>;
    /// Writes a reply: the handle apart from the parameters.
    fn reply(reply: &Self::Reply, handles: &mut Vec<u8>, params: &mut Vec<u8>);
    /// Takes the parameters of a response apart: the name and the bytes of each, for whoever reads or compares
    /// responses.
    fn fields<'a>(r: &mut Reader<'a>) -> Result<Vec<(&'static str, &'a [u8])>, Rc>;
}

pub(crate) const fn first(b: &[bool]) -> bool {
    match b {
        [first, ..] => *first,
        [] => false,
    }
}

/// The position, from 1, of `name` in `names`. Evaluated at compile time: a name that is not there does not compile.
#[allow(clippy::panic, clippy::indexing_slicing)]
pub(crate) const fn nth(names: &[&str], name: &str) -> u8 {
    let mut i = 0;
    while i < names.len() {
        let (a, b) = (names[i].as_bytes(), name.as_bytes());
        let mut same = a.len() == b.len();
        let mut j = 0;
        while same && j < a.len() {
            same = a[j] == b[j];
            j += 1;
        }
        if same {
            return i as u8 + 1;
        }
        i += 1;
    }
    panic!("no such field")
}

/// The bytes of the value that comes next.
pub(crate) fn extent<'a, T: crate::Wire>(r: &mut Reader<'a>) -> Result<&'a [u8], Rc> {
    let mut ahead = *r;
    T::read(&mut ahead)?;
    r.take(r.rest().len() - ahead.rest().len())
}

/// A handle as a number; a conditional one that is null is `TPM_RH_NULL`.
pub(crate) trait Number {
    fn number(&self) -> u32;
}
impl<T: Number> Number for Option<T> {
    fn number(&self) -> u32 {
        self.as_ref().map_or(crate::TpmRh::NULL, Number::number)
    }
}

/// The position of a field, made at compile time.
pub(crate) const fn handle_at(names: &[&str], name: &str) -> At {
    At::Handle(nth(names, name))
}
pub(crate) const fn param_at(names: &[&str], name: &str) -> At {
    At::Param(nth(names, name))
}

macro_rules! role {
    () => {
        Role::None
    };
    ($r:ident) => {
        Role::$r
    };
}

macro_rules! commands {
    (($d:tt) $( $(#[$doc:meta])* $name:ident = $code:literal $([$($flag:ident)*])? => $reply:ident {
        $( handle $h:ident : $hty:ty $(, auth $role:ident)? ; )*
        $( param  $p:ident : $pty:ty ; )*
        $( yields $oh:ident : $ohty:ty ; )?
        $( reply $o:ident : $oty:ty ; )*
    } )*) => { $(
        $(#[$doc])* #[derive(Clone)]
        pub struct $name { $(pub $h: $hty,)* $(pub $p: $pty,)* }
        #[doc = concat!("The response of ", stringify!($name), ".")]
        #[derive(Clone)]
        pub struct $reply { $(pub $oh: $ohty,)? $(pub $o: $oty,)* }
        /// Where in the command each field stands, for [`Rc::at`].
        #[allow(non_upper_case_globals, dead_code)]
        impl $name {
            const HANDLE_NAMES: &[&str] = &[$(stringify!($h)),*];
            const PARAM_NAMES: &[&str] = &[$(stringify!($p)),*];
            $(pub const $h: At = handle_at(Self::HANDLE_NAMES, stringify!($h));)*
            $(pub const $p: At = param_at(Self::PARAM_NAMES, stringify!($p));)*
        }
        impl Command for $name {
            const SHAPE: Shape = Shape {
                code: $code, name: stringify!($name),
                roles: &[$(role!($($role)?)),*],
                handles: Self::HANDLE_NAMES,
                params: Self::PARAM_NAMES,
                reply_handle: [$(stringify!($oh),)? ""].len() == 2,
                decrypt: first(&[$(<$pty as Wire>::SIZED),*]),
                encrypt: first(&[$(<$oty as Wire>::SIZED),*]),
                flags: &[$($(Flag::$flag),*)?],
            };
            type Reply = $reply;
            type Handles = ($($hty,)*);
            fn handles(_r: &mut Reader<'_>) -> Result<Self::Handles, Rc> {
                Ok(($(<$hty>::read(_r).map_err(|e| e.at(Self::$h))?,)*))
            }
            fn numbers(($($h,)*): &Self::Handles) -> [u32; 3] {
                let mut all = [0; 3];
                let _numbers: [u32; Self::HANDLE_NAMES.len()] = [$(Number::number($h)),*];
                for (_slot, _number) in all.iter_mut().zip(_numbers) { *_slot = _number; }
                all
            }
            fn params(($($h,)*): Self::Handles, _r: &mut Reader<'_>) -> Result<Self, Rc> {
                Ok($name { $($h,)* $($p: <$pty>::read(_r).map_err(|e| e.at(Self::$p))?,)* })
            }
            fn fields<'a>(_r: &mut Reader<'a>) -> Result<Vec<(&'static str, &'a [u8])>, Rc> {
                Ok(alloc::vec![$((stringify!($o), crate::schema::extent::<$oty>(_r)?)),*])
            }
            fn reply(_reply: &$reply, _handles: &mut Vec<u8>, _params: &mut Vec<u8>) {
                $(_reply.$oh.write(_handles);)?
                $(_reply.$o.write(_params);)*
            }
        }
    )*
        /// Every command, in the order of this table.
        pub const SHAPES: &[Shape] = &[$(<$name as Command>::SHAPE),*];
        /// Hands every command's type to `$m!`: the one list that dispatch, fuzzing and docs share.
        #[macro_export]
        macro_rules! each_command { ($d m:ident) => { $d m! { $($name)* } } }
    };
}
