//! The measurement behind the word "running": a trustlet that holds a known pattern is attacked from outside.

use std::fmt;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::attack::{self, Depth, Needle, Report, Target};
use crate::channel::{Channel, ChannelError};
use crate::inside::Inside;
use crate::level::Level;
use crate::spawn::{SpawnError, SpawnOptions, spawn};
use crate::trustlet::Trustlet;

/// Bytes of the pattern.
const LEN: usize = 64;
/// The pattern's name in reports.
const SECRET: &str = "secret";
/// The name of a second pattern, which the trustlet keeps in ordinary memory on purpose.
const DECOY: &str = "decoy";
/// What the trustlet's answers are masked with, so that the pattern itself never passes the channel.
const MASK: u8 = 0x5a;
/// How long the trustlet may take to answer, on however busy a machine.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// What the probe found.
#[derive(Clone, Debug)]
pub struct ProbeReport {
    /// The level that was probed.
    pub level: Level,
    /// What follows from it.
    pub verdict: Verdict,
    /// What each avenue of attack gave.
    pub attack: Report,
    /// What the trustlet found about its layers, as [`Trustlet::layers`].
    pub layers: Vec<(String, String)>,
    /// From the decision to start the trustlet until it was confined.
    pub spawn_time: Duration,
    /// For the whole probe.
    pub total_time: Duration,
}

/// What follows from a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The container holds: the pattern was there before and after, no avenue read it, and every avenue that
    /// reads memory at all read the decoy.
    Running,
    /// It does not: these avenues read the pattern.
    Exposed(Vec<&'static str>),
    /// Nothing was read, but that proves nothing.
    Unproven(String),
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The trustlet did not start.
    #[error("the container could not be probed: {0}")]
    Spawn(#[from] SpawnError),
    /// The trustlet started and then did not answer.
    #[error("the container could not be probed: its trustlet did not answer: {0}")]
    Channel(#[from] ChannelError),
}

impl ProbeReport {
    /// True when the container was measured to hold.
    pub fn is_running(&self) -> bool {
        self.verdict == Verdict::Running
    }

    /// One line for each avenue of attack: its name and what it gave.
    pub fn lines(&self) -> Vec<String> {
        self.attack.lines(SECRET)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Running => write!(f, "running: no avenue reads a trustlet's secret"),
            Verdict::Exposed(avenues) => write!(f, "exposed: the secret was read by {}", avenues.join(", ")),
            Verdict::Unproven(why) => write!(f, "unproven: {why}"),
        }
    }
}

/// Starts a trustlet at `level`, attacks it as the calling user, and says whether the container holds.
///
/// The attacker is whoever calls: root finds out what root can read, an ordinary user what that user can.
pub fn probe(level: Level) -> Result<ProbeReport, ProbeError> {
    probe_of(&SpawnOptions::new("probe", level), Depth::Quick)
}

pub(crate) fn probe_of(options: &SpawnOptions, depth: Depth) -> Result<ProbeReport, ProbeError> {
    let begun = Instant::now();
    let trustlet = spawn(options)?;
    let spawn_time = begun.elapsed();

    let seed = fresh_seed();
    let target = plant(&trustlet, seed)?;
    let needles = needles(seed);
    let attack = attack::attack(&target, &needles, depth);
    let still_there = recall(trustlet.channel(), seed)?;

    let exposed = attack.found(SECRET);
    let blind = attack.blind(DECOY);
    let verdict = if !exposed.is_empty() {
        Verdict::Exposed(exposed)
    } else if !still_there {
        Verdict::Unproven("the trustlet no longer held the pattern when it was over".to_owned())
    } else if !blind.is_empty() {
        Verdict::Unproven(format!("the decoy in ordinary memory was not found by {}", blind.join(", ")))
    } else {
        Verdict::Running
    };
    let layers = trustlet.layers().to_vec();
    Ok(ProbeReport { level: options.level, verdict, attack, layers, spawn_time, total_time: begun.elapsed() })
}

/// Has the trustlet make the pattern of `seed`; returns where to look.
fn plant(trustlet: &Trustlet, seed: u64) -> Result<Target, ChannelError> {
    let channel = trustlet.channel();
    channel.send(&seed.to_le_bytes())?;
    let mut answer = Vec::new();
    if !channel.recv_timeout(&mut answer, ANSWER_WITHIN)? {
        return Err(ChannelError::CutShort);
    }
    let hints = answer.chunks_exact(8).filter_map(|word| word.try_into().ok().map(u64::from_le_bytes));
    Ok(Target { pid: trustlet.pid(), hints: hints.collect() })
}

fn needles(seed: u64) -> [Needle; 2] {
    [Needle::new(SECRET, &pattern(seed)[..]), Needle::new(DECOY, &pattern(!seed)[..])]
}

/// Whether the trustlet still holds both copies: then they were there to be found.
fn recall(channel: &Channel, seed: u64) -> Result<bool, ChannelError> {
    channel.send(b"?")?;
    let mut answer = Vec::new();
    if !channel.recv_timeout(&mut answer, ANSWER_WITHIN)? {
        return Err(ChannelError::CutShort);
    }
    let pattern = pattern(seed);
    let same = |copy: &[u8]| copy.iter().zip(pattern.iter()).all(|(a, b)| *a == *b ^ MASK);
    Ok(answer.len() == 2 * LEN && answer.chunks(LEN).all(same))
}

/// Different at every probe, so that no leftover of an earlier one is taken for this one.
fn fresh_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

/// 64 bytes that look random, by arithmetic: until it is called, nobody's memory contains them.
#[inline(never)]
fn pattern(seed: u64) -> Zeroizing<[u8; LEN]> {
    let mut bytes = Zeroizing::new([0; LEN]);
    let mut x = black_box(seed);
    for byte in bytes.iter_mut() {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *byte = black_box((x >> 56) as u8);
    }
    bytes
}

/// Ordinary memory of the trustlet: what is put here can be read by whoever may read any of it.
static DECOY_MEMORY: [AtomicU64; LEN / 8] = [const { AtomicU64::new(0) }; LEN / 8];

/// The role "probe": holds the pattern on its heap and its stack, and the decoy in a static.
pub(crate) fn role(inside: &mut Inside) {
    let mut frame = Vec::new();
    let Ok(true) = inside.channel.recv(&mut frame) else { return };
    let Some(seed) = frame.get(..8).and_then(|seed| seed.try_into().ok()).map(u64::from_le_bytes) else {
        return;
    };
    let on_heap = Box::new(pattern(seed));
    let on_stack = pattern(seed);
    for (word, bytes) in DECOY_MEMORY.iter().zip(pattern(!seed).chunks_exact(8)) {
        word.store(bytes.try_into().map(u64::from_le_bytes).unwrap_or(0), Ordering::SeqCst);
    }
    let hints =
        [on_heap.as_ptr().addr(), black_box(&on_stack).as_ptr().addr(), (&raw const DECOY_MEMORY).addr()];
    let hints: Vec<u8> = hints.iter().flat_map(|hint| (*hint as u64).to_le_bytes()).collect();
    if inside.channel.send(&hints).is_err() {
        return;
    }
    while let Ok(true) = inside.channel.recv(&mut frame) {
        let copies = [&black_box(&on_heap)[..], &black_box(&on_stack)[..]].concat();
        let masked: Vec<u8> = copies.iter().map(|byte| byte ^ MASK).collect();
        if inside.channel.send(&masked).is_err() {
            return;
        }
    }
}
