//! NV commands (Part 3, 31) as bytes, authorized by the owner's empty password.

/// Plain data that owner and its own empty password may read and write; no dictionary attack protection.
pub const ORDINARY: u32 = 0x0206_0006;
/// The same, as a counter.
pub const COUNTER: u32 = 0x0206_0016;

const OWNER: u32 = 0x4000_0001;
const PASSWORD: u32 = 0x4000_0009;

fn command(code: u32, handles: &[u32], parameters: &[u8]) -> Vec<u8> {
    let mut body: Vec<u8> = handles.iter().flat_map(|handle| handle.to_be_bytes()).collect();
    body.extend_from_slice(&9_u32.to_be_bytes());
    body.extend_from_slice(&PASSWORD.to_be_bytes());
    body.extend_from_slice(&[0; 5]);
    body.extend_from_slice(parameters);
    let size = u32::try_from(body.len() + 10).unwrap();
    [&0x8002_u16.to_be_bytes()[..], &size.to_be_bytes(), &code.to_be_bytes(), &body].concat()
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

fn word(size: usize) -> [u8; 2] {
    u16::try_from(size).unwrap().to_be_bytes()
}

pub fn define(index: u32, attributes: u32, size: usize) -> Vec<u8> {
    let public = [
        &index.to_be_bytes()[..],
        &0x000b_u16.to_be_bytes(),
        &attributes.to_be_bytes(),
        &[0, 0],
        &word(size),
    ];
    command(0x12a, &[OWNER], &[&[0, 0], &sized(&public.concat())[..]].concat())
}

pub fn write(index: u32, data: &[u8]) -> Vec<u8> {
    command(0x137, &[OWNER, index], &[&sized(data)[..], &[0, 0]].concat())
}

pub fn increment(index: u32) -> Vec<u8> {
    command(0x134, &[OWNER, index], &[])
}

pub fn read(index: u32, size: usize) -> Vec<u8> {
    command(0x14e, &[OWNER, index], &[&word(size)[..], &[0, 0]].concat())
}

/// The response code.
#[track_caller]
pub fn code(response: &[u8]) -> u32 {
    u32::from_be_bytes(response[6..10].try_into().unwrap())
}

/// The data in the response to [`read`].
#[track_caller]
pub fn data(response: &[u8]) -> &[u8] {
    assert_eq!(code(response), 0, "{response:02x?}");
    let size = usize::from(u16::from_be_bytes(response[14..16].try_into().unwrap()));
    &response[16..16 + size]
}
