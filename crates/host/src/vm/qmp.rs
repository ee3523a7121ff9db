//! QEMU's machine protocol: JSON lines over a UNIX socket.
use crate::Error;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A connection on which commands can be given.
pub(super) struct Qmp {
    path: PathBuf,
    reader: BufReader<UnixStream>,
    writer: UnixStream,
}

impl Qmp {
    /// Connects and shakes hands. Every read waits at most `patience`.
    pub(super) fn connect(path: &Path, patience: Duration) -> Result<Qmp, Error> {
        let writer = UnixStream::connect(path).map_err(Error::io("connecting to QEMU at", path))?;
        let reader = writer.set_read_timeout(Some(patience)).and_then(|()| writer.try_clone());
        let reader = reader.map_err(Error::io("connecting to QEMU at", path))?;
        let mut qmp = Qmp { path: path.to_path_buf(), reader: BufReader::new(reader), writer };
        let greeting = qmp.read()?;
        if greeting.get("QMP").is_none() {
            return Err(qmp.confused("no greeting came"));
        }
        qmp.execute("qmp_capabilities")?;
        Ok(qmp)
    }

    /// Gives a command without arguments, and returns what it returned.
    pub(super) fn execute(&mut self, command: &str) -> Result<Value, Error> {
        self.send(command)?;
        loop {
            let mut message = self.read()?;
            if let Some(value) = message.get_mut("return") {
                return Ok(value.take());
            }
            if let Some(error) = message.get("error") {
                let why = error.get("desc").and_then(Value::as_str).unwrap_or("no reason given");
                return Err(Error::Run(format!("QEMU at {} refused {command}: {why}", self.path.display())));
            }
            // An event: of no interest here.
        }
    }

    /// Gives a command and does not wait.
    pub(super) fn send(&mut self, command: &str) -> Result<(), Error> {
        let line = format!("{}\n", json!({ "execute": command }));
        self.writer.write_all(line.as_bytes()).map_err(Error::io("writing to QEMU at", &self.path))
    }

    /// Splits off a thread that hands every further message to `each`, until QEMU closes or `each` says false.
    pub(super) fn listen(
        self,
        mut each: impl FnMut(Value) -> bool + Send + 'static,
    ) -> Result<Commander, Error> {
        let Qmp { path, mut reader, writer } = self;
        writer.set_read_timeout(None).map_err(Error::io("listening to QEMU at", &path))?;
        std::thread::spawn(move || {
            let mut line = String::new();
            while matches!(reader.read_line(&mut line), Ok(n) if n > 0) {
                if serde_json::from_str(&line).is_ok_and(|message| !each(message)) {
                    return;
                }
                line.clear();
            }
        });
        Ok(Commander { writer })
    }

    fn read(&mut self) -> Result<Value, Error> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) => Err(self.confused("it closed the connection")),
            Ok(_) => serde_json::from_str(&line).map_err(|_| self.confused("what came is not JSON")),
            Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                Err(self.confused("it does not answer (another client may hold the socket)"))
            }
            Err(e) => Err(Error::io("reading from QEMU at", &self.path)(e)),
        }
    }

    fn confused(&self, why: &str) -> Error {
        Error::Run(format!("QEMU at {}: {why}", self.path.display()))
    }
}

/// The writing half, after [`Qmp::listen`].
pub(super) struct Commander {
    writer: UnixStream,
}

impl Commander {
    /// Asks QEMU to end.
    pub(super) fn quit(&mut self) {
        let _ = self.writer.write_all(b"{\"execute\":\"quit\"}\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    /// A QEMU that says `lines` after the connection, whatever it is asked.
    fn speaking(lines: &'static [&'static str]) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("qmp");
        let listener = UnixListener::bind(&path).expect("bound");
        std::thread::spawn(move || {
            let (mut peer, _) = listener.accept().expect("a client");
            for line in lines {
                let _ = writeln!(peer, "{line}");
            }
            // Until the client has gone.
            let _ = std::io::copy(&mut peer, &mut std::io::sink());
        });
        (dir, path)
    }

    const GREETING: &str = r#"{"QMP":{"version":{},"capabilities":[]}}"#;

    #[test]
    fn events_between_are_skipped_and_errors_told() {
        let (_dir, path) = speaking(&[
            GREETING,
            r#"{"return":{}}"#,
            r#"{"event":"RESUME"}"#,
            r#"{"return":{"status":"running"}}"#,
            r#"{"error":{"class":"GenericError","desc":"no such thing"}}"#,
        ]);
        let mut qmp = Qmp::connect(&path, Duration::from_secs(5)).expect("connected");
        assert_eq!(qmp.execute("query-status").expect("an answer"), json!({"status": "running"}));
        let said = qmp.execute("frobnicate").expect_err("refused").to_string();
        assert!(said.ends_with("refused frobnicate: no such thing"), "{said}");
    }

    #[test]
    fn what_is_not_qemu_is_told() {
        let (_dir, path) = speaking(&["hello"]);
        let said = Qmp::connect(&path, Duration::from_secs(5)).err().expect("not QEMU").to_string();
        assert!(said.ends_with("what came is not JSON"), "{said}");
        let (_dir, path) = speaking(&[]);
        let said = Qmp::connect(&path, Duration::from_millis(10)).err().expect("silent").to_string();
        assert!(said.contains("it does not answer"), "{said}");
    }
}
