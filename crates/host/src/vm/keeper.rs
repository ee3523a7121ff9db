//! The vTPM's process: this same program as `donjon tpm serve`, which answers QEMU on a socket.
use super::home::{Home, Paths};
use crate::Error;
use crate::isolation::Level;
use std::path::Path;
use std::process::Command;

/// What tells the vTPM where the key is that wraps its own.
const GUARDIAN_KEY: &str = "DONJON_GUARDIAN_KEY";

/// The command that starts it at an isolation level. The VM's UUID is its TPM's identity, so that a state of another VM
/// is refused.
pub(super) fn command(
    home: &Home,
    paths: &Paths,
    uuid: &str,
    profile: Option<&str>,
    level: Level,
) -> Result<Command, Error> {
    let program = std::env::current_exe().map_err(Error::io("finding", "this program"))?;
    let mut command = Command::new(program);
    command
        .args(["tpm", "serve", "--state"])
        .arg(paths.tpm_state())
        .args(["--state-id", &uuid.replace('-', "").to_ascii_lowercase()])
        .arg("--ctrl")
        .arg(format!("type=unixio,path={},mode=0600", paths.tpm_socket().display()))
        .args(["--isolation", if level == Level::L0Plain { "none" } else { level.code() }]);
    if let Some(profile) = profile {
        command.args(["--profile", profile]);
    }
    if let Some(key) = &home.guardian_key
        && std::env::var_os(GUARDIAN_KEY).is_none()
    {
        command.env(GUARDIAN_KEY, key);
    }
    Ok(command)
}

/// Whether somebody listens on a UNIX socket of this path. The file alone proves nothing: it outlives its maker, and
/// it is there before anybody listens.
pub(super) fn listening(path: &Path) -> bool {
    /// `__SO_ACCEPTCON`, as /proc/net/unix shows it.
    const ACCEPTS: &str = "00010000";
    let table = std::fs::read_to_string("/proc/net/unix").unwrap_or_default();
    table.lines().skip(1).any(|line| {
        // Num RefCount Protocol Flags Type St Inode Path; the path may hold spaces.
        let mut fields = line.splitn(8, ' ').filter(|f| !f.is_empty());
        fields.nth(3) == Some(ACCEPTS) && line.ends_with(&format!(" {}", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    #[test]
    fn only_a_listener_listens() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a socket");
        assert!(!listening(&path));
        let listener = UnixListener::bind(&path).expect("bound");
        assert!(listening(&path));
        assert!(!listening(&dir.path().join("a")));
        drop(listener);
        assert!(path.exists() && !listening(&path));
    }
}
