//! Where a machine's facts are read: this one, or one that was recorded in a directory.
use crate::cpuid::{self, Cpuid};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What reading a file gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<T> {
    /// Its content.
    Is(T),
    /// There is no such file.
    Absent,
    /// It is there, for root only.
    Denied,
    /// Something else went wrong.
    Failed(String),
}

impl<T> Found<T> {
    fn map<U>(self, f: impl FnOnce(T) -> U) -> Found<U> {
        match self {
            Found::Is(t) => Found::Is(f(t)),
            Found::Absent => Found::Absent,
            Found::Denied => Found::Denied,
            Found::Failed(e) => Found::Failed(e),
        }
    }
}

/// Capabilities of KVM, by the number of `KVM_CHECK_EXTENSION`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kvm(BTreeMap<u32, i32>);

/// `KVM_CAP_GUEST_MEMFD`.
pub const CAP_GUEST_MEMFD: u32 = 234;
/// `KVM_CAP_GUEST_MEMFD_FLAGS`: bit 0 MMAP, bit 1 INIT_SHARED.
pub const CAP_GUEST_MEMFD_FLAGS: u32 = 244;

impl Kvm {
    /// The answer to an extension; 0 when it is unknown.
    #[must_use]
    pub fn extension(&self, cap: u32) -> i32 {
        self.0.get(&cap).copied().unwrap_or(0)
    }

    fn of_this_host() -> Kvm {
        let mut answers = BTreeMap::new();
        if let Ok(kvm) = kvm_ioctls::Kvm::new() {
            // Some capabilities are a VM's, not the system's: ask both, the larger answer holds.
            let vm = kvm.create_vm().ok();
            for cap in [CAP_GUEST_MEMFD, CAP_GUEST_MEMFD_FLAGS] {
                let system = kvm.check_extension_raw(cap.into());
                let of_vm = vm.as_ref().map_or(0, |vm| vm.check_extension_raw(cap.into()));
                answers.insert(cap, system.max(of_vm));
            }
        }
        Kvm(answers)
    }

    fn recorded(text: &str) -> Kvm {
        let pairs = text.lines().filter_map(|l| {
            let mut words = l.split_whitespace();
            Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
        });
        Kvm(pairs.collect())
    }
}

/// A machine whose facts can be read.
pub struct Machine {
    root: PathBuf,
    /// Its processor.
    pub cpuid: Box<dyn Cpuid>,
    /// What its KVM says.
    pub kvm: Kvm,
    denied: BTreeSet<PathBuf>,
}

impl Machine {
    /// The machine this runs on.
    #[must_use]
    pub fn this() -> Machine {
        Machine {
            root: PathBuf::from("/"),
            cpuid: Box::new(cpuid::Native),
            kvm: Kvm::of_this_host(),
            denied: BTreeSet::new(),
        }
    }

    /// A recorded machine: its files in `dir` at their usual paths, and beside them the files `cpuid`
    /// ([`cpuid::Recorded`]), `kvm` (lines of capability and answer) and `denied` (paths that only root may read).
    pub fn recorded(dir: &Path) -> Result<Machine, String> {
        let text = |name: &str| std::fs::read_to_string(dir.join(name)).unwrap_or_default();
        let cpuid =
            cpuid::Recorded::parse(&text("cpuid")).map_err(|e| format!("{}/cpuid: {e}", dir.display()))?;
        Ok(Machine {
            root: dir.to_path_buf(),
            cpuid: Box::new(cpuid),
            kvm: Kvm::recorded(&text("kvm")),
            denied: text("denied").lines().map(PathBuf::from).collect(),
        })
    }

    /// A file's bytes; `path` is absolute, as on the machine itself.
    #[must_use]
    pub fn bytes(&self, path: &str) -> Found<Vec<u8>> {
        if self.denied.contains(Path::new(path)) {
            return Found::Denied;
        }
        found(self.open(path).and_then(|mut f| {
            let mut bytes = Vec::new();
            f.read_to_end(&mut bytes).map(|_| bytes)
        }))
    }

    /// What is left of the kernel log.
    #[must_use]
    pub fn kernel_log(&self) -> Found<String> {
        if self.denied.contains(Path::new("/dev/kmsg")) {
            return Found::Denied;
        }
        found(self.open("/dev/kmsg").and_then(|mut f| {
            let (mut log, mut record) = (Vec::new(), vec![0; 8192]);
            loop {
                // One record per read, and no end: "would block" comes where the newest was read.
                match f.read(&mut record) {
                    Ok(0) => break,
                    Ok(n) => log.extend_from_slice(record.get(..n).unwrap_or_default()),
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                    // A record that was overwritten while it was read.
                    Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {}
                    Err(e) => return Err(e),
                }
            }
            Ok(String::from_utf8_lossy(&log).into_owned())
        }))
    }

    /// A file's text, without the white space around it.
    #[must_use]
    pub fn text(&self, path: &str) -> Found<String> {
        self.bytes(path).map(|b| String::from_utf8_lossy(&b).trim().to_string())
    }

    /// Whether a file or directory is there.
    #[must_use]
    pub fn exists(&self, path: &str) -> bool {
        self.at(path).exists()
    }

    /// The names in a directory, sorted; none if it is not there.
    #[must_use]
    pub fn names(&self, path: &str) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.at(path))
            .map(|d| d.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect())
            .unwrap_or_default();
        names.sort();
        names
    }

    /// Whether a device node opens for reading and writing.
    #[must_use]
    pub fn opens(&self, path: &str) -> Found<()> {
        if self.denied.contains(Path::new(path)) {
            return Found::Denied;
        }
        found(std::fs::OpenOptions::new().read(true).write(true).open(self.at(path)).map(|_| ()))
    }

    /// A flag of /proc/cpuinfo, from `flags` or `vmx flags`.
    #[must_use]
    pub fn cpu_flag(&self, flag: &str) -> bool {
        let Found::Is(text) = self.text("/proc/cpuinfo") else { return false };
        text.lines()
            .filter_map(|l| l.split_once(':'))
            .filter(|(key, _)| matches!(key.trim(), "flags" | "vmx flags"))
            .take(2)
            .any(|(_, flags)| flags.split_whitespace().any(|f| f == flag))
    }

    fn open(&self, path: &str) -> io::Result<std::fs::File> {
        let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        std::fs::OpenOptions::new().read(true).custom_flags(nonblocking).open(self.at(path))
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }
}

fn found<T>(result: io::Result<T>) -> Found<T> {
    match result {
        Ok(t) => Found::Is(t),
        Err(e) => match e.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Found::Absent,
            io::ErrorKind::PermissionDenied => Found::Denied,
            _ => Found::Failed(e.to_string()),
        },
    }
}
