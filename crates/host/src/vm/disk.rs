//! Disks: what `--disk` says, and making the files that it asks for.
use super::size;
use crate::Error;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How a disk's bytes lie in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// As they are.
    Raw,
    /// QEMU's own.
    Qcow2,
}

impl Format {
    /// As QEMU and vm.toml write it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Format::Raw => "raw",
            Format::Qcow2 => "qcow2",
        }
    }
    /// Reads it.
    pub fn parse(text: &str) -> Result<Format, String> {
        match text {
            "raw" => Ok(Format::Raw),
            "qcow2" => Ok(Format::Qcow2),
            _ => Err(format!("disk format \"{text}\" is not known; raw and qcow2 are")),
        }
    }
}

/// A disk of a VM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disk {
    /// Its file, absolute.
    pub path: String,
    /// Its format.
    pub format: Format,
    /// Whether it was made for this VM, and is deleted with it.
    pub owned: bool,
}

/// What one `--disk` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    path: Option<PathBuf>,
    size: Option<u64>,
    format: Option<Format>,
}

impl Wanted {
    /// Reads `PATH[,size=SIZE][,format=raw|qcow2]`; without PATH a file in the VM's directory is made. A comma in
    /// PATH is written twice.
    pub fn parse(text: &str) -> Result<Wanted, String> {
        let mut wanted = Wanted { path: None, size: None, format: None };
        let parts = text.replace(",,", "\0");
        for (n, part) in parts.split(',').map(|p| p.replace('\0', ",")).enumerate() {
            match part.split_once('=') {
                Some(("size", v)) => wanted.size = Some(size::parse(v)?),
                Some(("format", v)) => wanted.format = Some(Format::parse(v)?),
                Some(("path", v)) => wanted.path = Some(v.into()),
                _ if n == 0 && !part.is_empty() => wanted.path = Some(part.into()),
                _ => {
                    return Err(format!(
                        "disk \"{text}\": \"{part}\" is not understood; write PATH[,size=10G][,format=raw|qcow2]"
                    ));
                }
            }
        }
        if wanted.path.is_none() && wanted.size.is_none() {
            return Err(format!(
                "disk \"{text}\": a PATH, a size or both are needed, as in disk.qcow2,size=10G"
            ));
        }
        if wanted.size.is_some_and(|s| s == 0 || s % 512 != 0) {
            return Err(format!("disk \"{text}\": the size must be a multiple of 512 bytes, and not 0"));
        }
        Ok(wanted)
    }

    /// Finds the disk or makes it. `dir` is where files without a path go now, `final_dir` where they will be when
    /// the VM is in place.
    pub fn realize(&self, index: usize, dir: &Path, final_dir: &Path) -> Result<Disk, Error> {
        let format = self.format.unwrap_or_else(|| match self.path.as_deref().and_then(Path::extension) {
            Some(e) if e == "qcow2" => Format::Qcow2,
            _ => Format::Raw,
        });
        let (now, later) = match &self.path {
            Some(path) => {
                let absolute = std::path::absolute(path).map_err(Error::io("resolving", path))?;
                (absolute.clone(), absolute)
            }
            None => {
                let file = format!("disk{index}.{}", format.text());
                (dir.join(&file), final_dir.join(&file))
            }
        };
        let path = later
            .to_str()
            .ok_or_else(|| Error::Usage(format!("disk {}: the path must be UTF-8", later.display())))?
            .to_string();
        let there = now.exists();
        match (there, self.size) {
            (true, None) => Ok(Disk { path, format: self.format.unwrap_or(detect(&now)?), owned: false }),
            (true, Some(_)) => Err(Error::Usage(format!(
                "disk {path} exists already; leave out size= to use it as it is, or name another file"
            ))),
            (false, None) => Err(Error::Missing {
                what: "disk".into(),
                path: now,
                cure: format!("add a size to make it, as in --disk {path},size=10G"),
            }),
            (false, Some(bytes)) => {
                make(&now, format, bytes)?;
                Ok(Disk { path, format, owned: true })
            }
        }
    }
}

/// A qcow2 file says so in its first four bytes; QEMU itself must not guess, or a guest could write them.
fn detect(path: &Path) -> Result<Format, Error> {
    use std::io::Read;
    let mut magic = [0; 4];
    let mut file = std::fs::File::open(path).map_err(Error::io("opening disk", path))?;
    let is_qcow2 = file.read_exact(&mut magic).is_ok() && magic == *b"QFI\xfb";
    Ok(if is_qcow2 { Format::Qcow2 } else { Format::Raw })
}

fn make(path: &Path, format: Format, bytes: u64) -> Result<(), Error> {
    match format {
        Format::Raw => {
            let file = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
            let file = file.map_err(Error::io("making disk", path))?;
            file.set_len(bytes).map_err(|e| {
                let _ = std::fs::remove_file(path);
                Error::io("making disk", path)(e)
            })
        }
        Format::Qcow2 => {
            let run = Command::new("qemu-img")
                .args(["create", "-q", "-f", "qcow2"])
                .arg(path)
                .arg(bytes.to_string())
                .stdin(Stdio::null())
                .output();
            match run {
                Ok(out) if out.status.success() => Ok(()),
                Ok(out) => {
                    let _ = std::fs::remove_file(path);
                    let said = String::from_utf8_lossy(&out.stderr).trim().replace('\n', " ");
                    Err(Error::Run(format!("making disk {}: qemu-img: {said}", path.display())))
                }
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(Error::Missing {
                    what: "qemu-img, which makes qcow2 disks,".into(),
                    path: "qemu-img".into(),
                    cure: "`apt install qemu-utils`, or ask for format=raw".into(),
                }),
                Err(e) => Err(Error::io("running", "qemu-img")(e)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifications_are_read() {
        let w = Wanted::parse("a,,b.img,size=10G,format=qcow2").expect("right");
        assert_eq!(
            w,
            Wanted { path: Some("a,b.img".into()), size: Some(10 << 30), format: Some(Format::Qcow2) }
        );
        assert_eq!(Wanted::parse("size=1M").expect("right").path, None);
        for (bad, part) in [
            ("", "is not understood"),
            ("x,size=", "is not a size"),
            ("x,fmt=raw", "\"fmt=raw\" is not understood"),
            ("x,format=vmdk", "raw and qcow2 are"),
            ("format=raw", "a PATH, a size or both"),
            ("x,size=0M", "not 0"),
        ] {
            let said = Wanted::parse(bad).expect_err(bad);
            assert!(said.contains(part), "{bad}: {said}");
        }
    }

    #[test]
    fn a_disk_is_made_once_and_never_overwritten() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("d.img");
        let spec = format!("{},size=1M", path.display());
        let made = Wanted::parse(&spec).expect("right").realize(0, dir.path(), dir.path()).expect("made");
        assert_eq!((made.owned, made.format), (true, Format::Raw));
        assert_eq!(std::fs::metadata(&path).expect("there").len(), 1 << 20);
        let said =
            Wanted::parse(&spec).expect("right").realize(0, dir.path(), dir.path()).expect_err("it exists");
        assert!(said.to_string().contains("exists already"), "{said}");
        let found =
            Wanted::parse(&path.display().to_string()).expect("right").realize(0, dir.path(), dir.path());
        assert!(!found.expect("found").owned);
    }

    #[test]
    fn an_absent_disk_without_size_says_how_to_make_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let said = Wanted::parse(&dir.path().join("no.img").display().to_string())
            .expect("right")
            .realize(0, dir.path(), dir.path())
            .expect_err("absent")
            .to_string();
        assert!(said.contains("disk is missing: ") && said.contains("size=10G"), "{said}");
    }

    #[test]
    fn qcow2_is_known_by_its_magic() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("d");
        std::fs::write(&path, b"QFI\xfb rest").expect("written");
        let disk =
            Wanted::parse(&path.display().to_string()).expect("right").realize(0, dir.path(), dir.path());
        assert_eq!(disk.expect("found").format, Format::Qcow2);
    }
}
