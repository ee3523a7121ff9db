//! The curves: their parameters and tables in the form that the arithmetic takes.

use super::field::{Form, Modulus, from_be};
use super::group::{Affine, Group};
#[cfg(test)]
use super::multiply;
use super::multiply::{Curve, MULTIPLES, Row};
use crate::{Curve as Id, CurveParams};

const fn group<const L: usize>(id: Id, form: Form) -> Group<L> {
    let CurveParams { p, a, b, gx, gy, n, .. } = *id.params();
    let field = Modulus::new(p, form);
    let (b, x, y) = (field.enter(&from_be(b)), field.enter(&from_be(gx)), field.enter(&from_be(gy)));
    let group = Group {
        a_is_zero: a[a.len() - 1] == 0,
        field,
        order: Modulus::new(n, Form::Any),
        b,
        generator: Affine { x, y },
        bits: id.bits() as usize,
    };
    assert!(group.contains(&group.generator) != 0);
    group
}

/// `curve!(type: limbs, form)`, and for a curve with a table: digits that share a row, rows, file.
macro_rules! curve {
    ($name:ident: $limbs:literal, $form:ident $(, $step:literal, $rows:literal, $table:literal)?) => {
        pub(crate) struct $name;
        impl Curve<$limbs> for $name {
            const GROUP: &'static Group<$limbs> = {
                static GROUP: Group<$limbs> = group(Id::$name, Form::$form);
                &GROUP
            };
            $(
                const COMB: &'static [Row<$limbs>] = {
                    static COMB: [Row<$limbs>; $rows] = table(include_str!($table));
                    &COMB
                };
                const STEP: usize = $step;
            )?
        }
    };
}

curve!(P192: 3, Any);
curve!(P224: 4, Any);
curve!(P256: 4, P256, 4, 13, "tables/p256.txt");
curve!(P384: 6, P384, 8, 10, "tables/p384.txt");
curve!(P521: 9, P521, 16, 7, "tables/p521.txt");
curve!(BnP256: 4, Any);
curve!(BnP638: 10, Any);
curve!(Sm2P256: 4, Any);

/// Reads a table: a point a line, x and y in hexadecimal, as they are in memory. It could be computed here, but the
/// compiler would take a quarter of a minute, each time; the test below computes it.
const fn table<const L: usize, const ROWS: usize>(text: &str) -> [Row<L>; ROWS] {
    let text = text.as_bytes();
    assert!(text.len() == ROWS * MULTIPLES * 2 * (16 * L + 1));
    let (mut rows, mut at) = ([[Affine { x: [0; L], y: [0; L] }; MULTIPLES]; ROWS], 0);
    while at < text.len() {
        let (number, digit) = (at / (16 * L + 1), at % (16 * L + 1));
        let point = &mut rows[number / 2 / MULTIPLES][number / 2 % MULTIPLES];
        let number = if number % 2 == 0 { &mut point.x } else { &mut point.y };
        if digit < 16 * L {
            let value = match text[at] {
                c @ b'0'..=b'9' => c - b'0',
                c @ b'a'..=b'f' => c - b'a' + 10,
                _ => panic!("not a hexadecimal digit"),
            };
            let limb = &mut number[L - 1 - digit / 16];
            *limb = *limb << 4 | value as u64;
        }
        at += 1;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    extern crate std;

    /// Were a table to change, this says what it has to be.
    fn check<C: Curve<L>, const L: usize>() {
        assert!(!C::COMB.is_empty());
        assert_eq!(C::COMB.len(), C::GROUP.bits.div_ceil(5 * C::STEP));
        let rows = multiply::comb::<L>(C::GROUP, C::COMB.len(), C::STEP);
        for (is, ought) in C::COMB.iter().flatten().zip(rows.iter().flatten()) {
            let hex = |n: &[u64; L]| {
                n.iter().rev().map(|l| std::format!("{l:016x}")).collect::<std::string::String>()
            };
            assert!(is.x == ought.x && is.y == ought.y, "{} {}", hex(&ought.x), hex(&ought.y));
        }
    }

    #[test]
    fn tables_are_what_the_generators_give() {
        check::<P256, 4>();
        check::<P384, 6>();
        check::<P521, 9>();
    }
}
