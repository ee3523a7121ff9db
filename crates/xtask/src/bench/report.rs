//! The figures, as lines and as a page.
use super::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// What one operation took on one TPM, each time.
#[derive(Default)]
pub(super) struct Samples(Vec<Duration>);
impl Samples {
    pub(super) fn push(&mut self, took: Duration) {
        self.0.push(took);
    }
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
    /// The value below which this share of the samples is, in microseconds.
    fn quantile(&self, share: f64) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = (sorted.len().saturating_sub(1) as f64 * share).round() as usize;
        sorted.get(at).map(|took| took.as_secs_f64() * 1e6)
    }
    fn median(&self) -> Option<f64> {
        self.quantile(0.5)
    }
}

/// One operation on all TPMs: ours, the other, ours in process.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) samples: [Samples; 3],
}
impl Row {
    fn cells(&self, floor: Option<&Row>) -> [String; 6] {
        let [ours, peer, inner] = &self.samples;
        let floor_of = |i: usize| floor.and_then(|row| row.samples[i].median()).unwrap_or(0.0);
        let ratio = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) if b > 0.0 && a > 0.0 => format!("{:.2}", a / b),
            _ => "–".into(),
        };
        let net = ours.median().map(|median| (median - floor_of(0)).max(0.0));
        [
            spread(ours),
            spread(peer),
            ratio(ours.median(), peer.median()),
            net.map_or("–".into(), time),
            inner.median().map_or("–".into(), time),
            ours.len().to_string(),
        ]
    }
    /// For the terminal. `floor` is the row of the cheapest command.
    pub(super) fn line(&self, floor: Option<&Row>) -> String {
        let [ours, peer, ratio, net, inner, n] = self.cells(floor);
        format!(
            "{:44} ours {ours:>20}  peer {peer:>20}  ratio {ratio:>5}  net {net:>9}  in process {inner:>9}  ({n})",
            self.name
        )
    }
}

fn spread(samples: &Samples) -> String {
    match (samples.median(), samples.quantile(0.99)) {
        (Some(median), Some(p99)) => format!("{} / {}", time(median), time(p99)),
        _ => "–".into(),
    }
}
/// Microseconds in a unit that fits.
fn time(us: f64) -> String {
    match us {
        us if us < 10.0 => format!("{us:.2} µs"),
        us if us < 1000.0 => format!("{us:.0} µs"),
        us => format!("{:.2} ms", us / 1000.0),
    }
}

/// The page docs/PERFORMANCE.md.
pub(super) fn markdown(rows: &[Row], peer: &Path) -> Result<String, Error> {
    let mut page = String::from(
        "# Performance\n\n\
         Written by `cargo xtask bench --write`, which measures this project's TPM and an swtpm in one run, by turns, each\n\
         in a process of its own with its state on disk, over an AF_UNIX data channel the way QEMU drives it; and the\n\
         engine within the measuring process. Only ratios within the run mean anything: the machine is shared.\n\n\
         Median / 99th percentile. `ratio`: our median by the peer's, below 1 is faster. `net`: ours less the transport\n\
         floor, which is the first row. `–`: the peer does not have it.\n\n",
    );
    let version = Command::new(peer).arg("--version").output().map_err(Error::io("asking the peer"))?;
    let version = String::from_utf8_lossy(&version.stdout);
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = cpu.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split(':').nth(1).unwrap_or("unknown").trim().to_owned()
    };
    let ifma = if field("flags").contains("avx512ifma") { "with" } else { "without" };
    let _ = writeln!(
        page,
        "Peer: {}. Processor: {}, {ifma} AVX-512 IFMA.\n",
        version.lines().next().unwrap_or("unknown"),
        field("model name")
    );
    page.push_str(
        "| operation | ours | peer | ratio | net | in process | n |\n|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let _ = writeln!(page, "| {} | {} |", row.name, row.cells(rows.first()).join(" | "));
    }
    Ok(page)
}
