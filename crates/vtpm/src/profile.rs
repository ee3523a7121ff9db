//! Which profile a TPM is asked to have: a name, or a description in JSON, in words that swtpm's users know.
//!
//! ```json
//! { "Name": "custom:ours", "Base": "default", "Description": "...",
//!   "Commands": "0x11f-0x122,0x144,GetRandom", "Algorithms": "rsa,rsa-min-size=2048,ecc,ecc-nist-p256,...",
//!   "Limits": { "TransientObjects": 8, "NvIndexSize": 4096 } }
//! ```
//!
//! `Name`, `Description`, `Commands`, `Algorithms` and `StateFormatLevel` mean what they mean to swtpm; `Base` and
//! `Limits` are ours. What is not understood is refused.

mod words;

use serde_json::Value;
use tpm2_engine::{Content, Profile, ProfileError};

/// A profile that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WishError {
    /// No built-in profile has this name.
    #[error("there is no profile {0}; see donjon tpm profiles")]
    Unknown(String),
    /// A file that cannot be read.
    #[error("reading the profile {0}: {1}")]
    File(String, String),
    /// Not JSON, or not an object.
    #[error("the profile is not a JSON object: {0}")]
    Json(String),
    /// A key, or a value, that means nothing here.
    #[error("the profile's {0}: {1}")]
    Key(String, String),
    /// The engine cannot run it.
    #[error("the profile cannot be run: {0}")]
    Engine(#[from] ProfileError),
}

/// The profile of this name, or of the JSON file at this path (a name with a slash or ending in `.json`), or of this JSON
/// text (beginning with a brace).
///
/// # Errors
/// [`WishError`].
pub fn wish(text: &str) -> Result<Profile, WishError> {
    if text.trim_start().starts_with('{') {
        return from_json(text);
    }
    if is_file(text) {
        let file =
            std::fs::read_to_string(text).map_err(|why| WishError::File(text.into(), why.to_string()))?;
        return from_json(&file);
    }
    named(text)
}

/// What to write down so that [`wish`] finds the same later, whatever becomes of the file.
///
/// # Errors
/// What is wrong with it, in words.
pub fn keep(text: &str) -> Result<String, String> {
    wish(text).map_err(|why| why.to_string())?;
    if !is_file(text) {
        return Ok(text.into());
    }
    let file = std::fs::read_to_string(text).map_err(|why| format!("{text}: {why}"))?;
    let json: Value = serde_json::from_str(&file).map_err(|why| format!("{text}: {why}"))?;
    Ok(json.to_string())
}
fn is_file(text: &str) -> bool {
    text.contains('/') || text.ends_with(".json")
}

/// The profile of this name: ours, or swtpm's own name for it.
///
/// # Errors
/// [`WishError::Unknown`].
pub fn named(name: &str) -> Result<Profile, WishError> {
    let ours = match name {
        "null" => "libtpms-0.9",
        "default-v1" => "libtpms-default-v1",
        "default-v2" => "libtpms-default-v2",
        name => name,
    };
    Profile::by_name(ours).ok_or_else(|| WishError::Unknown(name.into()))
}

/// The profile that JSON describes. Without `Base`, one of swtpm's names stands for itself, and `custom` or `custom:...`
/// is made of `libtpms-default-v2`, as swtpm makes it.
///
/// # Errors
/// [`WishError`].
pub fn from_json(text: &str) -> Result<Profile, WishError> {
    let value: Value = serde_json::from_str(text).map_err(|why| WishError::Json(why.to_string()))?;
    let object = value.as_object().ok_or_else(|| WishError::Json("another kind of value".into()))?;
    let string = |key: &str| match object.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(other) => Err(WishError::Key(key.into(), format!("{other} is not text"))),
    };
    let name = string("Name")?;
    let custom = name.is_none_or(|name| name == "custom" || name.starts_with("custom:"));
    let base = match (string("Base")?, name) {
        (Some(base), _) => base,
        (None, _) if custom => "libtpms-default-v2",
        (None, name) => name.unwrap_or_default(),
    };
    let mut content = named(base)?.content().clone();
    for (key, value) in object {
        match key.as_str() {
            "Name" | "Base" => {}
            "Description" => content.description = string(key)?.unwrap_or_default().into(),
            "StateFormatLevel" => {
                let level = value.as_u64().ok_or_else(|| WishError::Key(key.clone(), format!("{value}")))?;
                words::level(&mut content, level);
            }
            "Commands" | "Algorithms" | "Limits" | "Attributes" if !custom => {
                let why = "a profile that is built in cannot be changed; name it custom:...".into();
                return Err(WishError::Key(key.clone(), why));
            }
            "Commands" => words::commands(&mut content, string(key)?.unwrap_or_default())?,
            "Algorithms" => words::algorithms(&mut content, string(key)?.unwrap_or_default())?,
            "Limits" => limits(&mut content, value)?,
            // Each of them changes what an algorithm may be used for, which no profile here does.
            "Attributes" => return Err(WishError::Key(key.clone(), "there are none here".into())),
            _ => return Err(WishError::Key(key.clone(), "the key is unknown".into())),
        }
    }
    if let Some(name) = name.filter(|_| custom) {
        content.name = name.into();
    } else if custom {
        content.name = "custom".into();
    }
    Ok(Profile::new(content)?)
}

fn limits(content: &mut Content, value: &Value) -> Result<(), WishError> {
    let object = value.as_object().ok_or_else(|| WishError::Key("Limits".into(), "not an object".into()))?;
    for (key, value) in object {
        let wrong = || WishError::Key(format!("Limits.{key}"), format!("{value} is not possible"));
        let number = value.as_u64().and_then(|n| u32::try_from(n).ok()).ok_or_else(wrong)?;
        let size = number as usize;
        match key.as_str() {
            "TransientObjects" => content.transient_objects = size,
            "LoadedSessions" => content.loaded_sessions = size,
            "PersistentObjects" => content.persistent_objects = size,
            "NvIndexSize" => content.nv_index_size = u16::try_from(number).map_err(|_| wrong())?,
            "NvTotal" => content.nv_total = size,
            "BufferSize" => content.buffer_size = size,
            "MaxTries" => content.dictionary_attack.0 = number,
            "RecoveryTime" => content.dictionary_attack.1 = number,
            "LockoutRecovery" => content.dictionary_attack.2 = number,
            "ClockUpdate" => content.clock_update = number,
            _ => return Err(WishError::Key(format!("Limits.{key}"), "there is no such limit".into())),
        }
    }
    Ok(())
}

/// A profile in the JSON that [`from_json`] reads.
#[must_use]
pub fn to_json(content: &Content) -> Value {
    let (max_tries, recovery_time, lockout_recovery) = content.dictionary_attack;
    serde_json::json!({
        "Name": content.name,
        "Description": content.description,
        "Commands": words::ranges(&content.commands),
        "Algorithms": words::names(content),
        "Limits": {
            "TransientObjects": content.transient_objects,
            "LoadedSessions": content.loaded_sessions,
            "PersistentObjects": content.persistent_objects,
            "NvIndexSize": content.nv_index_size,
            "NvTotal": content.nv_total,
            "BufferSize": content.buffer_size,
            "MaxTries": max_tries,
            "RecoveryTime": recovery_time,
            "LockoutRecovery": lockout_recovery,
            "ClockUpdate": content.clock_update,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn custom(text: &str) -> Content {
        from_json(text).unwrap_or_else(|why| panic!("{text}: {why}")).content().clone()
    }

    #[test]
    fn every_built_in_profile_says_itself() {
        for name in Profile::names() {
            let content = named(name).expect("a profile").content().clone();
            let mut json = to_json(&content);
            json["Name"] = "custom:copy".into();
            json["Base"] = (*name).into();
            let copy = Content { name: content.name.clone(), ..custom(&json.to_string()) };
            assert_eq!(copy, content);
        }
    }

    #[test]
    fn swtpms_names_are_understood() {
        assert_eq!(wish("default-v1").expect("a profile").content().name, "libtpms-default-v1");
        assert_eq!(wish("null").expect("a profile").content().name, "libtpms-0.9");
        let text = r#"{"Name":"default-v1","StateFormatLevel":7}"#;
        assert_eq!(custom(text).name, "libtpms-default-v1");
        assert_eq!(wish("no such"), Err(WishError::Unknown("no such".into())));
    }

    #[test]
    fn what_is_named_is_there_and_nothing_else() {
        let content = custom(
            r#"{"Name":"custom:small","Base":"default","Commands":"0x143-0x145,0x17a,0x17c,GetRandom",
                "Algorithms":"hmac,aes,aes-min-size=128,keyedhash,sha256,sha512,kdf1-sp800-108,cfb,ecc,ecc-nist-p256,sha1,sha384",
                "Limits":{"TransientObjects":5,"NvIndexSize":4096,"MaxTries":32}}"#,
        );
        assert_eq!(content.commands, [0x143, 0x144, 0x145, 0x17A, 0x17B, 0x17C]);
        assert_eq!((content.curves, content.transient_objects, content.nv_index_size), (vec![3], 5, 4096));
        assert_eq!(content.dictionary_attack, (32, 1000, 1000));
        assert_eq!(content.algorithms, [4, 5, 6, 8, 0x0B, 0x0C, 0x0D, 0x22, 0x23, 0x43]);
        let large = custom(
            r#"{"Base":"everything","Algorithms":"hmac,aes,keyedhash,sha256,sha512,sha1,sha384,kdf1-sp800-108,cfb,rsa,rsa-min-size=3072,ecc,ecc-min-size=300,ecc-nist"}"#,
        );
        assert!(large.key_sizes.contains(&(1, 3072)) && !large.key_sizes.contains(&(1, 2048)));
        assert_eq!(large.curves, [4, 5]);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (text, part) in [
            ("{", "JSON"),
            ("[]", "JSON"),
            (r#"{"Nome":"x"}"#, "unknown"),
            (r#"{"Commands":"0x1ff"}"#, "0x1ff"),
            (r#"{"Commands":"GetRandum"}"#, "GetRandum"),
            (r#"{"Commands":"0x144-x"}"#, "0x144-x"),
            (r#"{"Algorithms":"rot13"}"#, "rot13"),
            (r#"{"Algorithms":"rsa"}"#, "cannot be left out"),
            (r#"{"Attributes":"no-sha1-signing"}"#, "Attributes"),
            (r#"{"Limits":{"Luck":7}}"#, "Luck"),
            (r#"{"Limits":{"NvIndexSize":70000}}"#, "70000"),
            (r#"{"Name":"default-v1","Commands":"0x144"}"#, "cannot be changed"),
            (r#"{"Name":7}"#, "not text"),
        ] {
            let why = wish(text).err().unwrap_or_else(|| wish("[]").unwrap_err()).to_string();
            let why = if text == "[]" { from_json(text).unwrap_err().to_string() } else { why };
            assert!(why.contains(part), "{text}: {why}");
        }
        assert!(matches!(wish("/no/such.json"), Err(WishError::File(..))));
    }
}
