//! The command table against Part 3 of version 1.85 as data: codes, handles, roles, parameters and decorations.
use serde_json::Value;
use std::collections::BTreeMap;
use tpm2_wire::{Flag, Role, Shape, part3::SHAPES};

const SPEC: &str = include_str!("data/tpm2-v185-commands.json");

fn spec() -> BTreeMap<u32, (String, Value)> {
    let all: BTreeMap<String, Value> = serde_json::from_str(SPEC).unwrap();
    let mut by_code = BTreeMap::new();
    for (name, command) in all {
        // TPM2_HMAC and TPM2_HMAC_Start share their codes with TPM2_MAC and TPM2_MAC_Start, which can do all that
        // they can (Part 3, 15.6 and 17.3).
        if name == "TPM2_HMAC" || name == "TPM2_HMAC_Start" {
            continue;
        }
        let code = u32::from_str_radix(
            command["code"].as_str().unwrap_or("0x20000000").trim_start_matches("0x"),
            16,
        )
        .unwrap();
        assert!(by_code.insert(code, (name, command)).is_none(), "two commands have code {code:#x}");
    }
    by_code
}
/// `authHandle`, `@authHandle` and `auth_handle` are the same name.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
fn names(fields: &Value) -> Vec<String> {
    fields.as_array().unwrap().iter().map(|field| plain(field["name"].as_str().unwrap())).collect()
}
fn ours(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| plain(name)).collect()
}
fn roles(handles: &Value) -> Vec<Role> {
    let role = |handle: &Value| match handle.get("auth_role").and_then(Value::as_str) {
        None => Role::None,
        Some("USER" | "USER + Physical Presence") => Role::User,
        Some("ADMIN") => Role::Admin,
        Some("DUP") => Role::Dup,
        Some(other) => panic!("unknown role {other}"),
    };
    handles.as_array().unwrap().iter().map(role).collect()
}
fn decorations(command: &Value) -> Vec<Flag> {
    let mut flags = Vec::new();
    for text in command["decorations"].as_array().unwrap() {
        for word in text.as_str().unwrap().trim_matches(['{', '}']).split(' ') {
            flags.push(match word {
                "NV" => Flag::nv,
                "E" => Flag::extensive,
                "F" => Flag::flushed,
                other => panic!("unknown decoration {other}"),
            });
        }
    }
    flags
}
/// Can a parameter of this type be encrypted by a session: is it a `TPM2B`?
fn first_sized(params: &Value) -> bool {
    params
        .as_array()
        .unwrap()
        .first()
        .is_some_and(|first| first["type"].as_str().unwrap().starts_with("TPM2B_"))
}

#[test]
fn every_command_of_part_3_is_in_the_table_and_no_other() {
    let ours: Vec<u32> = SHAPES.iter().map(|shape| shape.code).collect();
    let theirs: Vec<u32> = spec().into_keys().collect();
    let mut sorted = ours.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, theirs);
}

#[test]
fn each_command_is_as_part_3_declares_it() {
    let spec = spec();
    for shape in SHAPES {
        let Shape { code, name, roles: our_roles, handles, params, reply_handle, decrypt, encrypt, flags } =
            shape;
        let (their_name, declared) = &spec[code];
        let (command, response) = (&declared["command"], &declared["response"]);
        assert_eq!(plain(name), plain(their_name.trim_start_matches("TPM2_")), "{name}: code {code:#x}");
        assert_eq!(ours(handles), names(&command["handles"]), "{name}: handles");
        assert_eq!(*our_roles, roles(&command["handles"]), "{name}: roles");
        assert_eq!(ours(params), names(&command["params"]), "{name}: parameters");
        assert_eq!(
            *reply_handle,
            !response["handles"].as_array().unwrap().is_empty(),
            "{name}: response handle"
        );
        assert_eq!(*decrypt, first_sized(&command["params"]), "{name}: parameter decryption");
        assert_eq!(*encrypt, first_sized(&response["params"]), "{name}: parameter encryption");
        let declared: Vec<Flag> =
            flags.iter().copied().filter(|f| !matches!(f, Flag::no_sessions | Flag::pp)).collect();
        assert_eq!(declared, decorations(command), "{name}: decorations");
    }
}
