//! Permanent state as records: what changed between two states, and all of it.
//!
//! A record is a list of items. An item is a key (what), a handle (which) and, unless it was removed, its bytes.
//! The format is described in `docs/FORMAT.md`.
use super::{Identity, Orderly, Persistent, PlatformConfig};
use crate::saved::{LoadError, Saved, bad, take};
use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use tpm2_wire::{Accept, Reader};
use zeroize::Zeroizing;

/// The version of the record format. A reader refuses a higher one.
const VERSION: u8 = 1;

mod key {
    pub(super) const IDENTITY: u8 = 1;
    pub(super) const SEEDS: u8 = 2;
    pub(super) const HIERARCHIES: u8 = 3;
    pub(super) const DA: u8 = 4;
    pub(super) const COUNTERS: u8 = 5;
    pub(super) const AUDIT: u8 = 6;
    pub(super) const BANKS: u8 = 7;
    pub(super) const ORDERLY: u8 = 8;
    pub(super) const KEPT: u8 = 9;
    pub(super) const PLATFORM: u8 = 10;
    pub(super) const NV: u8 = 16;
    pub(super) const OBJECT: u8 = 17;
}

/// The items in which `after` differs from `before`; all of them when there is no `before`.
pub(crate) fn delta(before: Option<&Persistent>, after: &Persistent) -> Option<Zeroizing<Vec<u8>>> {
    let mut w = Zeroizing::new(Vec::new());
    let Persistent {
        identity,
        seeds,
        hierarchies,
        da,
        counters,
        audit,
        banks,
        orderly,
        kept,
        platform,
        nv,
        objects,
    } = after;
    item(key::IDENTITY, before.map(|b| &b.identity), identity, &mut w);
    item(key::SEEDS, before.map(|b| &b.seeds), seeds, &mut w);
    item(key::HIERARCHIES, before.map(|b| &b.hierarchies), hierarchies, &mut w);
    item(key::DA, before.map(|b| &b.da), da, &mut w);
    item(key::COUNTERS, before.map(|b| &b.counters), counters, &mut w);
    item(key::AUDIT, before.map(|b| &b.audit), audit, &mut w);
    item(key::BANKS, before.map(|b| &b.banks), banks, &mut w);
    item(key::ORDERLY, before.map(|b| &b.orderly), orderly, &mut w);
    item(key::KEPT, before.map(|b| &b.kept), kept, &mut w);
    item(key::PLATFORM, before.map(|b| &b.platform), platform, &mut w);
    items(key::NV, before.map(|b| &b.nv), nv, &mut w);
    items(key::OBJECT, before.map(|b| &b.objects), objects, &mut w);
    (!w.is_empty()).then_some(w)
}

fn item<T: Saved>(key: u8, before: Option<&Arc<T>>, after: &Arc<T>, w: &mut Vec<u8>) {
    if before.is_none_or(|before| !Arc::ptr_eq(before, after)) {
        write_item(key, 0, Some(&**after), w);
    }
}
fn items<T: Saved>(
    key: u8,
    before: Option<&Arc<BTreeMap<u32, Arc<T>>>>,
    after: &Arc<BTreeMap<u32, Arc<T>>>,
    w: &mut Vec<u8>,
) {
    let empty = BTreeMap::new();
    let before = match before {
        Some(before) if Arc::ptr_eq(before, after) => return,
        Some(before) => &**before,
        None => &empty,
    };
    for (handle, value) in &**after {
        if before.get(handle).is_none_or(|old| !Arc::ptr_eq(old, value)) {
            write_item(key, *handle, Some(&**value), w);
        }
    }
    for handle in before.keys().filter(|handle| !after.contains_key(handle)) {
        write_item::<T>(key, *handle, None, w);
    }
}
fn write_item<T: Saved>(key: u8, handle: u32, value: Option<&T>, w: &mut Vec<u8>) {
    if w.is_empty() {
        // Most commands change nothing, and do not pay for room. One byte of it at a time would leave copies of
        // secrets behind as the vector grows.
        w.reserve(4096);
        w.push(VERSION);
    }
    key.save(w);
    handle.save(w);
    let bytes = Zeroizing::new(value.map(|value| {
        let mut bytes = Vec::with_capacity(2048);
        value.save(&mut bytes);
        bytes
    }));
    value.is_some().save(w);
    if let Some(bytes) = &*bytes {
        (bytes.len() as u32).save(w);
        w.extend_from_slice(bytes);
    }
}

/// The state that a snapshot and the deltas after it amount to.
pub(crate) fn replay(records: &[&[u8]]) -> Result<Persistent, LoadError> {
    let mut singles: BTreeMap<u8, &[u8]> = BTreeMap::new();
    let mut nv: BTreeMap<u32, &[u8]> = BTreeMap::new();
    let mut objects: BTreeMap<u32, &[u8]> = BTreeMap::new();
    for record in records {
        let mut r = Reader::new(record, &Accept::ALL);
        if u8::load(&mut r)? != VERSION {
            return Err(bad("a record is of another version"));
        }
        while !r.rest().is_empty() {
            let key = u8::load(&mut r)?;
            let handle = u32::load(&mut r)?;
            let value = if bool::load(&mut r)? {
                let len = u32::load(&mut r)?;
                Some(take(&mut r, len as usize)?)
            } else {
                None
            };
            match (key, value) {
                (key::IDENTITY..=key::PLATFORM, Some(value)) => {
                    singles.insert(key, value);
                }
                (key::NV, value) => put(&mut nv, handle, value),
                (key::OBJECT, value) => put(&mut objects, handle, value),
                _ => return Err(bad("an item is unknown: the state is from a newer version")),
            }
        }
    }
    let identity: Arc<Identity> = single(&singles, key::IDENTITY)?;
    let orderly: Arc<Orderly> = single(&singles, key::ORDERLY)?;
    Ok(Persistent {
        identity,
        seeds: single(&singles, key::SEEDS)?,
        hierarchies: single(&singles, key::HIERARCHIES)?,
        da: single(&singles, key::DA)?,
        counters: single(&singles, key::COUNTERS)?,
        audit: single(&singles, key::AUDIT)?,
        banks: single(&singles, key::BANKS)?,
        orderly,
        kept: single(&singles, key::KEPT)?,
        // States from before there was such an item have none.
        platform: match singles.contains_key(&key::PLATFORM) {
            true => single(&singles, key::PLATFORM)?,
            false => Arc::new(PlatformConfig::new()),
        },
        nv: map(&nv)?,
        objects: map(&objects)?,
    })
}
fn put<'a>(map: &mut BTreeMap<u32, &'a [u8]>, handle: u32, value: Option<&'a [u8]>) {
    match value {
        Some(value) => {
            map.insert(handle, value);
        }
        None => {
            map.remove(&handle);
        }
    }
}
fn single<T: Saved>(singles: &BTreeMap<u8, &[u8]>, key: u8) -> Result<Arc<T>, LoadError> {
    T::from_bytes(singles.get(&key).ok_or(bad("an item is missing"))?).map(Arc::new)
}
fn map<T: Saved>(items: &BTreeMap<u32, &[u8]>) -> Result<Arc<BTreeMap<u32, Arc<T>>>, LoadError> {
    items
        .iter()
        .map(|(handle, bytes)| Ok((*handle, Arc::new(T::from_bytes(bytes)?))))
        .collect::<Result<_, LoadError>>()
        .map(Arc::new)
}
