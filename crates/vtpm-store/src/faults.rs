//! A simulated disk that loses what a real one may lose: for tests, here and in the crates above.
//!
//! What a file holds after a power cut: each cell of it (a sector, a page, or a single byte, drawn for each
//! cut) holds what it held at some moment since the last successful sync, each cell at its own moment; so does
//! the length. Names: a prefix of the operations since the directory was last synced. A failed sync leaves
//! such a mixture on the disk, keeps the new content readable, and takes it for clean: a later sync succeeds
//! and writes nothing of it, as Linux does.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::journal::{Disk, File, Journal, OpenError, Opened};
use crate::journal::{Header, STATE_FILE};

/// Bytes by which a journal on a simulated disk grows. Small, so that growing is tested often.
const CHUNK: u64 = 4096;

/// A simulated directory. Clones are the same directory.
#[derive(Clone)]
pub struct SimDisk(Arc<Mutex<World>>);

struct World {
    random: Random,
    files: Vec<Inode>,
    names: BTreeMap<String, usize>,
    /// As after a power cut in which nothing since the last directory sync survives.
    durable_names: BTreeMap<String, usize>,
    renames: Vec<NameChange>,
    /// Operations until the process or the machine dies.
    left: Option<u64>,
    dead: bool,
    fault_rate: u64,
    capacity: u64,
    lying: bool,
}

#[derive(Default)]
struct Inode {
    /// What a reader sees.
    cache: Vec<u8>,
    /// What is on the platter.
    durable: Vec<u8>,
    /// Changes since the last sync.
    pending: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(u64, Vec<u8>),
    SetLen(u64),
}

enum NameChange {
    Link(String, usize),
    Rename(String, String),
    Remove(String),
}

impl SimDisk {
    /// An empty directory. All that is random in it follows from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(World {
            random: Random(seed),
            files: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            renames: Vec::new(),
            left: None,
            dead: false,
            fault_rate: 0,
            capacity: u64::MAX,
            lying: false,
        })))
    }

    /// The process dies in the `operations + 1`st operation from now: each operation from then on fails.
    pub fn die_after(&self, operations: u64) {
        self.world().left = Some(operations);
    }

    /// One of `one_in` writes, syncs and name changes fails with EIO; 0: none.
    pub fn fail_one_in(&self, one_in: u64) {
        self.world().fault_rate = one_in;
    }

    /// Extending files beyond this many bytes in total fails with ENOSPC.
    pub fn set_capacity(&self, bytes: u64) {
        self.world().capacity = bytes;
    }

    /// Syncs answer `Ok` and do nothing: a disk on which no journal can be right, to see a test fail.
    pub fn lie_about_syncs(&self) {
        self.world().lying = true;
    }

    /// The process was killed, and another one is started: the page cache is as it was.
    pub fn restart(&self) {
        let mut world = self.world();
        (world.left, world.dead) = (None, false);
    }

    /// The power fails and comes back.
    pub fn power_cut(&self) {
        let mut world = self.world();
        (world.left, world.dead) = (None, false);
        let World { random, files, names, durable_names, renames, .. } = &mut *world;
        let survivors = random.below(renames.len() as u64 + 1);
        for (_, change) in (0..survivors).zip(&*renames) {
            change.apply(durable_names);
        }
        renames.clear();
        names.clone_from(durable_names);
        for file in files {
            file.settle(random);
            file.cache.clone_from(&file.durable);
        }
    }

    /// What a reader sees in a file.
    #[must_use]
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        let world = self.world();
        world.files.get(*world.names.get(name)?).map(|file| file.cache.clone())
    }

    /// Puts a file there, durably.
    pub fn write(&self, name: &str, bytes: &[u8]) {
        let mut world = self.world();
        let file = Inode { cache: bytes.to_vec(), durable: bytes.to_vec(), pending: Vec::new() };
        let inode = world.files.len();
        world.files.push(file);
        world.names.insert(name.to_owned(), inode);
        world.durable_names.insert(name.to_owned(), inode);
    }

    /// [`Journal::replace_in`] on this disk, in small chunks.
    ///
    /// # Errors
    /// As there.
    pub fn create_journal(&self, header: &Header, first: Option<&[u8]>) -> Result<Journal, OpenError> {
        Journal::replace_chunked(Box::new(self.clone()), header, first, CHUNK)
    }

    /// [`Journal::open_in`] on this disk, in small chunks.
    ///
    /// # Errors
    /// As there.
    pub fn open_journal(&self) -> Result<(Journal, Opened), OpenError> {
        Journal::open_chunked(Box::new(self.clone()), CHUNK)
    }

    /// The journal's bytes.
    #[must_use]
    pub fn journal_bytes(&self) -> Vec<u8> {
        self.read(STATE_FILE).unwrap_or_default()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How an operation goes.
enum Fate {
    Done,
    /// It fails, and may have been done in part.
    Fails(io::Error),
}

impl World {
    fn fate(&mut self) -> Fate {
        if self.dead {
            return Fate::Fails(killed());
        }
        if self.left == Some(0) {
            self.dead = true;
            return Fate::Fails(killed());
        }
        self.left = self.left.map(|left| left - 1);
        match self.fault_rate {
            0 => Fate::Done,
            rate if self.random.below(rate) == 0 => Fate::Fails(io::Error::from_raw_os_error(5)),
            _ => Fate::Done,
        }
    }

    /// A change of names: when it fails, it may have happened all the same.
    fn change_names(&mut self, change: NameChange) -> io::Result<()> {
        let was_dead = self.dead;
        let fate = self.fate();
        let happens = match fate {
            Fate::Done => true,
            Fate::Fails(_) => !was_dead && self.random.below(2) == 0,
        };
        if happens {
            change.apply(&mut self.names);
            self.renames.push(change);
        }
        match fate {
            Fate::Done => Ok(()),
            Fate::Fails(error) => Err(error),
        }
    }

    /// Bytes that files with a name have.
    fn used(&self) -> u64 {
        self.names
            .values()
            .filter_map(|&inode| self.files.get(inode))
            .map(|file| file.cache.len() as u64)
            .sum()
    }

    fn write(&mut self, inode: usize, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let was_dead = self.dead;
        let fate = self.fate();
        let len = self.files.get(inode).map_or(0, |file| file.cache.len() as u64);
        let room = self.capacity.saturating_sub(self.used()) + len.saturating_sub(offset);
        let (written, result) = match fate {
            Fate::Fails(error) if was_dead => (0, Err(error)),
            Fate::Fails(error) => (self.random.below(bytes.len() as u64), Err(error)),
            Fate::Done if room < bytes.len() as u64 => (room, Err(io::Error::from_raw_os_error(28))),
            Fate::Done => (bytes.len() as u64, Ok(())),
        };
        let written = bytes.get(..written as usize).unwrap_or_default();
        if let Some(file) = self.files.get_mut(inode).filter(|_| !written.is_empty()) {
            file.change(Change::Write(offset, written.to_vec()));
        }
        result
    }

    fn sync(&mut self, inode: usize) -> io::Result<()> {
        let was_dead = self.dead;
        let fate = self.fate();
        let Self { files, random, lying, .. } = self;
        let Some(file) = files.get_mut(inode) else { return Err(killed()) };
        match fate {
            Fate::Done if *lying => Ok(()),
            Fate::Done => {
                for change in std::mem::take(&mut file.pending) {
                    change.apply(&mut file.durable);
                }
                Ok(())
            }
            Fate::Fails(error) => {
                if !was_dead {
                    file.settle(random);
                }
                Err(error)
            }
        }
    }
}

impl Inode {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.cache);
        self.pending.push(change);
    }

    /// Draws what of the pending changes reaches the platter, and forgets the rest.
    fn settle(&mut self, random: &mut Random) {
        let mut moments = vec![self.durable.clone()];
        for change in self.pending.drain(..) {
            let mut next = moments.last().cloned().unwrap_or_default();
            change.apply(&mut next);
            moments.push(next);
        }
        let longest = moments.iter().map(Vec::len).max().unwrap_or(0);
        let cell = [1, 64, 512, 4096].into_iter().nth(random.below(4) as usize).unwrap_or(512);
        let garbage = random.below(2) * 0xa7;
        // Mostly old, mostly new, or anything.
        let bias = random.below(3);
        let draw = |random: &mut Random| {
            let any = random.below(moments.len() as u64) as usize;
            match bias {
                0 if random.below(4) > 0 => 0,
                1 if random.below(4) > 0 => moments.len() - 1,
                _ => any,
            }
        };
        let mut settled = vec![0; longest];
        for (n, out) in settled.chunks_mut(cell).enumerate() {
            let moment = moments.get(draw(random)).and_then(|bytes| bytes.get(n * cell..));
            let bytes = moment.unwrap_or_default();
            let (held, beyond) = out.split_at_mut(bytes.len().min(cell).min(out.len()));
            held.iter_mut().zip(bytes).for_each(|(out, byte)| *out = *byte);
            // Beyond what was written: nothing, or what the blocks held before.
            beyond.fill(garbage as u8);
        }
        let len = moments.get(draw(random)).map_or(0, Vec::len);
        settled.truncate(len);
        self.durable = settled;
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(offset, new) => {
                let (from, to) = (*offset as usize, *offset as usize + new.len());
                if bytes.len() < to {
                    bytes.resize(to, 0);
                }
                if let Some(slot) = bytes.get_mut(from..to) {
                    slot.copy_from_slice(new);
                }
            }
            Self::SetLen(len) => bytes.resize(*len as usize, 0),
        }
    }
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Link(name, inode) => {
                names.insert(name.clone(), *inode);
            }
            Self::Rename(from, to) => {
                if let Some(inode) = names.remove(from) {
                    names.insert(to.clone(), inode);
                }
            }
            Self::Remove(name) => {
                names.remove(name);
            }
        }
    }
}

impl Disk for SimDisk {
    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from("/simulated").join(name)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn File>> {
        let world = self.world();
        if world.dead {
            return Err(killed());
        }
        let inode = *world.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(SimFile { disk: self.clone(), inode }))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn File>> {
        let mut world = self.world();
        let inode = world.files.len();
        world.files.push(Inode::default());
        world.change_names(NameChange::Link(name.to_owned(), inode))?;
        Ok(Box::new(SimFile { disk: self.clone(), inode }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.world().change_names(NameChange::Rename(from.to_owned(), to.to_owned()))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut world = self.world();
        if !world.names.contains_key(name) {
            return Err(io::ErrorKind::NotFound.into());
        }
        world.change_names(NameChange::Remove(name.to_owned()))
    }

    fn sync_directory(&self) -> io::Result<()> {
        let mut world = self.world();
        match world.fate() {
            Fate::Done if world.lying => Ok(()),
            Fate::Done => {
                let World { renames, durable_names, .. } = &mut *world;
                renames.drain(..).for_each(|change| change.apply(durable_names));
                Ok(())
            }
            Fate::Fails(error) => Err(error),
        }
    }
}

/// A file of a [`SimDisk`].
struct SimFile {
    disk: SimDisk,
    inode: usize,
}

impl File for SimFile {
    fn length(&self) -> io::Result<u64> {
        let world = self.disk.world();
        world.files.get(self.inode).map(|file| file.cache.len() as u64).ok_or_else(killed)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let world = self.disk.world();
        let file = world.files.get(self.inode).filter(|_| !world.dead).ok_or_else(killed)?;
        let bytes = file.cache.get(offset as usize..).and_then(|bytes| bytes.get(..out.len()));
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.disk.world().write(self.inode, offset, bytes)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut world = self.disk.world();
        match world.fate() {
            Fate::Done => {
                if let Some(file) = world.files.get_mut(self.inode) {
                    file.change(Change::SetLen(len));
                }
                Ok(())
            }
            Fate::Fails(error) => Err(error),
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.world().sync(self.inode)
    }
}

fn killed() -> io::Error {
    io::Error::other("the process was killed (simulated)")
}

/// SplitMix64: repeatable, and good enough to draw faults.
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        self.draw().checked_rem(n).unwrap_or(0)
    }
}
