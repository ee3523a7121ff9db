//! A step as a line of text, to be read, cut down and run again.
//!
//! `name = Command handle … / session … / parameter … / change …`, of which what is empty at the end is left out. A
//! handle is a number in hex or `@name`. A session is `pw:HEX` or `HANDLE:ATTRIBUTES:plain|mac|bound:HEX`. A parameter
//! is hex, `@name`, `@name.field` or `[ … ]` for a TPM2B.
use crate::step::{Auth, Change, Event, Handle, Part, Step, Value, shape_named};
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;
use tpm2_wire::TpmRh;

impl Display for Event {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Event::Run(step) => step.fmt(f),
            Event::Power => f.write_str("!power"),
            Event::Locality(locality) => write!(f, "!locality {locality}"),
            Event::Hash(data) => write!(f, "!hash {}", hex(data)),
        }
    }
}
impl FromStr for Event {
    type Err = String;
    fn from_str(line: &str) -> Result<Event, String> {
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        Ok(match word {
            "!power" => Event::Power,
            "!locality" => Event::Locality(rest.trim().parse().map_err(|_| "a locality is a number")?),
            "!hash" => Event::Hash(unhex(rest.trim())?),
            _ => Event::Run(line.parse()?),
        })
    }
}

impl Display for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.keep {
            write!(f, "{name} = ")?;
        }
        f.write_str(&self.name())?;
        self.handles.iter().try_for_each(|handle| write!(f, " {handle}"))?;
        let changes = self.changes.len() + usize::from(!self.secret.is_empty());
        if self.auths.len() + self.params.len() + changes > 0 {
            f.write_str(" /")?;
        }
        self.auths.iter().try_for_each(|auth| write!(f, " {auth}"))?;
        if self.params.len() + changes > 0 {
            f.write_str(" /")?;
        }
        self.params.iter().try_for_each(|part| write!(f, " {part}"))?;
        if changes > 0 {
            f.write_str(" /")?;
        }
        if !self.secret.is_empty() {
            write!(f, " secret={}", hex(&self.secret))?;
        }
        self.changes.iter().try_for_each(|change| write!(f, " {change}"))
    }
}
impl FromStr for Step {
    type Err = String;
    fn from_str(line: &str) -> Result<Step, String> {
        let (keep, line) = match line.split_once('=').filter(|(name, _)| !name.contains('/')) {
            Some((name, rest)) => (Some(name.trim().to_owned()), rest),
            None => (None, line),
        };
        let mut areas = line.split('/');
        let mut words = areas.next().unwrap_or_default().split_whitespace();
        let name = words.next().ok_or("a command has a name")?;
        let code = match name.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16).map_err(|_| format!("{name} is no code"))?,
            None => shape_named(name).ok_or_else(|| format!("{name} is no command"))?.code,
        };
        let mut step = Step { keep, ..Step::new(code) };
        step.handles = words.map(str::parse).collect::<Result<_, _>>()?;
        let mut area = || areas.next().unwrap_or_default().split_whitespace();
        step.auths = area().map(str::parse).collect::<Result<_, _>>()?;
        step.params = parts(&mut area(), false)?;
        for word in area() {
            match word.split_once('=') {
                Some(("secret", digits)) => step.secret = unhex(digits)?,
                _ => step.changes.push(word.parse()?),
            }
        }
        Ok(step)
    }
}

impl Display for Handle {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Handle::Number(number) => write!(f, "{number:08x}"),
            Handle::Of(name) => write!(f, "@{name}"),
        }
    }
}
impl FromStr for Handle {
    type Err = String;
    fn from_str(word: &str) -> Result<Handle, String> {
        match word.strip_prefix('@') {
            Some(name) => Ok(Handle::Of(name.to_owned())),
            None => {
                u32::from_str_radix(word, 16).map(Handle::Number).map_err(|_| format!("{word} is no handle"))
            }
        }
    }
}

impl Display for Auth {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (&self.session, self.attributes, &self.value) {
            (Handle::Number(TpmRh::PW), 0, Value::Plain(password)) => write!(f, "pw:{}", hex(password)),
            (session, attributes, value) => {
                let (kind, bytes) = match value {
                    Value::Plain(bytes) => ("plain", bytes),
                    Value::Mac(bytes) => ("mac", bytes),
                    Value::Bound(bytes) => ("bound", bytes),
                };
                write!(f, "{session}:{attributes:02x}:{kind}:{}", hex(bytes))
            }
        }
    }
}
impl FromStr for Auth {
    type Err = String;
    fn from_str(word: &str) -> Result<Auth, String> {
        let fields: Vec<&str> = word.split(':').collect();
        match fields[..] {
            ["pw", password] => {
                let (session, value) = (Handle::Number(TpmRh::PW), Value::Plain(unhex(password)?));
                Ok(Auth { session, attributes: 0, value })
            }
            [session, attributes, kind, bytes] => {
                let bytes = unhex(bytes)?;
                let value = match kind {
                    "plain" => Value::Plain(bytes),
                    "mac" => Value::Mac(bytes),
                    "bound" => Value::Bound(bytes),
                    _ => return Err(format!("{kind} is no kind of authorization")),
                };
                let attributes = u8::from_str_radix(attributes, 16)
                    .map_err(|_| format!("{attributes} are no attributes"))?;
                Ok(Auth { session: session.parse()?, attributes, value })
            }
            _ => Err(format!("{word} is no session")),
        }
    }
}

impl Display for Part {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Part::Bytes(bytes) => f.write_str(&hex(bytes)),
            Part::Field(name, field) => write!(f, "@{name}.{field}"),
            Part::HandleOf(name) => write!(f, "@{name}"),
            Part::Sized(inner) => {
                f.write_str("[")?;
                inner.iter().try_for_each(|part| write!(f, " {part}"))?;
                f.write_str(" ]")
            }
        }
    }
}
/// Parts up to the end, or, `inside` brackets, up to the closing one.
fn parts<'a>(words: &mut impl Iterator<Item = &'a str>, inside: bool) -> Result<Vec<Part>, String> {
    let mut all = Vec::new();
    while let Some(word) = words.next() {
        all.push(match (word, word.strip_prefix('@')) {
            ("]", _) if inside => return Ok(all),
            ("[", _) => Part::Sized(parts(words, true)?),
            (_, Some(name)) => match name.split_once('.') {
                Some((name, field)) => Part::Field(name.to_owned(), field.to_owned()),
                None => Part::HandleOf(name.to_owned()),
            },
            _ => Part::Bytes(unhex(word)?),
        });
    }
    if inside { Err("a bracket is not closed".to_owned()) } else { Ok(all) }
}

impl Display for Change {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Change::Tag(tag) => write!(f, "tag={tag:04x}"),
            Change::Size(n) => write!(f, "size={n}"),
            Change::AuthSize(n) => write!(f, "authsize={n}"),
            Change::Keep(n) => write!(f, "keep={n}"),
            Change::Cut(n) => write!(f, "cut={n}"),
            Change::Add(bytes) => write!(f, "add={}", hex(bytes)),
            Change::Set(at, byte) => write!(f, "set={at}:{byte:02x}"),
            Change::Flip(at, bits) => write!(f, "flip={at}:{bits:02x}"),
        }
    }
}
impl FromStr for Change {
    type Err = String;
    fn from_str(word: &str) -> Result<Change, String> {
        let wrong = || format!("{word} is no change");
        let (kind, value) = word.split_once('=').ok_or_else(wrong)?;
        let number = || value.parse::<i32>().map_err(|_| wrong());
        let count = || value.parse::<u16>().map_err(|_| wrong());
        Ok(match kind {
            "tag" => Change::Tag(u16::from_str_radix(value, 16).map_err(|_| wrong())?),
            "size" => Change::Size(number()?),
            "authsize" => Change::AuthSize(number()?),
            "keep" => Change::Keep(count()?),
            "cut" => Change::Cut(count()?),
            "add" => Change::Add(unhex(value)?),
            "set" | "flip" => {
                let (at, byte) = value.split_once(':').ok_or_else(wrong)?;
                let (at, byte) =
                    (at.parse().map_err(|_| wrong())?, u8::from_str_radix(byte, 16).map_err(|_| wrong())?);
                if kind == "set" { Change::Set(at, byte) } else { Change::Flip(at, byte) }
            }
            _ => return Err(wrong()),
        })
    }
}

/// Bytes as hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
/// Hex digits as bytes.
pub fn unhex(digits: &str) -> Result<Vec<u8>, String> {
    let wrong = || format!("{digits} is not hex");
    if !digits.len().is_multiple_of(2) || !digits.is_ascii() {
        return Err(wrong());
    }
    (0..digits.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&digits[i..i + 2], 16).map_err(|_| wrong()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_read_as_it_was_written() {
        let lines = [
            "!power",
            "!locality 3",
            "!hash 0102",
            "GetRandom / / 0008",
            "Clear 4000000c / pw:",
            "k = CreatePrimary 40000001 / pw:616263 / [ 0004 [ @a.name ] ] @b / add=00 set=3:ff flip=4:80",
            "NvRead @x 01500001 / @s:21:mac:6162 @t:01:bound: / 0008 0000 / secret=00 tag=8003 keep=7",
            "0x00000118 / / / cut=2 size=-1 authsize=1",
        ];
        for line in lines {
            assert_eq!(line.parse::<Event>().map(|event| event.to_string()), Ok(line.to_owned()));
        }
        for wrong in
            ["", "Nothing", "GetRandom zz", "GetRandom / x", "GetRandom / / [ 00", "GetRandom / / 0 / x=1"]
        {
            assert!(wrong.parse::<Event>().is_err(), "{wrong}");
        }
    }
}
