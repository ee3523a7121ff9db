//! swtpm's comma syntax (`key=value,flag,...`) and what its options say, as types.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use tpm2_engine::Profile;
use vtpm_proto::Startup;

use crate::keeper::net::{Access, Endpoint, NetError};
use crate::profile;

/// A command line that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OptionError {
    /// swtpm has it, we do not.
    #[error("{option} is not supported: {instead}")]
    Unsupported {
        /// The option as written.
        option: String,
        /// What to do.
        instead: &'static str,
    },
    /// Nobody has it.
    #[error("unknown option {0}; see --help")]
    Unknown(String),
    /// An option without its value.
    #[error("{0} needs a value; see --help")]
    NoValue(String),
    /// A value that means nothing.
    #[error("{option}: {what}")]
    Value {
        /// The option.
        option: &'static str,
        /// What is wrong, and what would be right.
        what: String,
    },
    /// Bytes that are no text.
    #[error("{0:?} is not UTF-8")]
    NotText(OsString),
}

/// The fields of one option's value.
pub(crate) struct Fields {
    option: &'static str,
    fields: Vec<(String, Option<String>)>,
}

impl Fields {
    pub(crate) fn split(option: &'static str, text: &str) -> Fields {
        let fields =
            text.split(',').filter(|field| !field.is_empty()).map(|field| match field.split_once('=') {
                Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
                None => (field.to_owned(), None),
            });
        Fields { option, fields: fields.collect() }
    }

    /// Takes `key=value` out.
    pub(crate) fn value(&mut self, key: &str) -> Result<Option<String>, OptionError> {
        let Some(at) = self.fields.iter().position(|(name, _)| name == key) else { return Ok(None) };
        match self.fields.remove(at).1 {
            Some(value) => Ok(Some(value)),
            None => Err(self.wrong(format!("{key} needs a value, {key}=..."))),
        }
    }

    /// Takes `key=number` out. `radix` 8 for modes.
    pub(crate) fn number<N: TryFrom<i64>>(
        &mut self,
        key: &str,
        radix: u32,
    ) -> Result<Option<N>, OptionError> {
        let Some(text) = self.value(key)? else { return Ok(None) };
        let number = i64::from_str_radix(&text, radix).ok().and_then(|n| N::try_from(n).ok());
        number.map(Some).ok_or_else(|| self.wrong(format!("{key}={text} is not a number that {key} can be")))
    }

    /// Takes the flag `key` out.
    pub(crate) fn flag(&mut self, key: &str) -> Result<bool, OptionError> {
        let Some(at) = self.fields.iter().position(|(name, _)| name == key) else { return Ok(false) };
        match self.fields.remove(at).1 {
            None => Ok(true),
            Some(value) => Err(self.wrong(format!("{key} takes no value, not {value}"))),
        }
    }

    /// Refuses `key` by name if it is there.
    pub(crate) fn refuse(&self, key: &str, instead: &'static str) -> Result<(), OptionError> {
        match self.fields.iter().any(|(name, _)| name == key) {
            true => Err(OptionError::Unsupported { option: format!("{} {key}", self.option), instead }),
            false => Ok(()),
        }
    }

    /// Nothing may be left over.
    pub(crate) fn end(self) -> Result<(), OptionError> {
        match self.fields.first() {
            None => Ok(()),
            Some((name, _)) => Err(self.wrong(format!("there is no {name} here"))),
        }
    }

    pub(crate) fn wrong(&self, what: impl Into<String>) -> OptionError {
        OptionError::Value { option: self.option, what: what.into() }
    }
}

/// Where a channel's clients come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Path { path: PathBuf, mode: u32, uid: Option<u32>, gid: Option<u32> },
    Port { address: IpAddr, port: u16 },
    Listener(i32),
    Client(i32),
}

/// The value of `--ctrl` or `--server`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Channel {
    pub(crate) source: Source,
    /// `--ctrl ...,terminate`
    pub(crate) terminate: bool,
    /// `--server ...,disconnect`
    pub(crate) disconnect: bool,
}

impl Channel {
    /// Reads the value of `--ctrl`.
    pub(crate) fn control(text: &str) -> Result<Channel, OptionError> {
        let mut fields = Fields::split("--ctrl", text);
        let terminate = fields.flag("terminate")?;
        let kind = fields.value("type")?.ok_or_else(|| fields.wrong("write type=unixio or type=tcp"))?;
        let client = fields.number::<i32>("clientfd", 10)?;
        let source = match (client, kind.as_str()) {
            (Some(fd), "unixio") => Source::Client(fd),
            (Some(_), _) => return Err(fields.wrong("clientfd goes with type=unixio only")),
            (None, _) => Self::source(&mut fields, &kind, Source::Listener, None)?,
        };
        fields.end()?;
        Ok(Channel { source, terminate, disconnect: false })
    }

    /// Reads the value of `--server`. `port`: used where none is given.
    pub(crate) fn server(text: &str, port: Option<u16>) -> Result<Channel, OptionError> {
        let mut fields = Fields::split("--server", text);
        let disconnect = fields.flag("disconnect")?;
        let kind = fields.value("type")?.unwrap_or_else(|| "tcp".to_owned());
        // swtpm reads packets from the descriptor directly.
        let source = Self::source(&mut fields, &kind, Source::Client, port)?;
        fields.end()?;
        Ok(Channel { source, terminate: false, disconnect })
    }

    fn source(
        fields: &mut Fields,
        kind: &str,
        from_fd: impl FnOnce(i32) -> Source,
        port: Option<u16>,
    ) -> Result<Source, OptionError> {
        fields.refuse("ifname", "give a bindaddr without a zone")?;
        if let Some(fd) = fields.number::<i32>("fd", 10)? {
            return Ok(from_fd(fd));
        }
        match kind {
            "unixio" => {
                let path = fields
                    .value("path")?
                    .ok_or_else(|| fields.wrong("type=unixio needs a path=, an fd= or a clientfd="))?;
                let mode = fields.number("mode", 8)?.unwrap_or(0o770);
                if mode & !0o777 != 0 {
                    return Err(fields.wrong(format!("mode={mode:o} has more than permission bits")));
                }
                Ok(Source::Path {
                    path: path.into(),
                    mode,
                    uid: fields.number("uid", 10)?,
                    gid: fields.number("gid", 10)?,
                })
            }
            "tcp" => {
                let port = fields
                    .number("port", 10)?
                    .or(port)
                    .ok_or_else(|| fields.wrong("type=tcp needs a port="))?;
                let address = match fields.value("bindaddr")? {
                    None => Ipv4Addr::LOCALHOST.into(),
                    Some(text) => {
                        text.parse().map_err(|_| fields.wrong(format!("bindaddr={text} is no IP address")))?
                    }
                };
                Ok(Source::Port { address, port })
            }
            _ => Err(fields.wrong(format!("type={kind}: write type=unixio or type=tcp"))),
        }
    }

    /// Opens the sockets.
    pub(crate) fn open(&self) -> Result<Endpoint, NetError> {
        match &self.source {
            Source::Path { path, mode, uid, gid } => {
                Endpoint::unix(path, Access { mode: *mode, uid: *uid, gid: *gid })
            }
            Source::Port { address, port } => Endpoint::tcp((*address, *port).into()),
            Source::Listener(fd) => Endpoint::inherited(*fd, true),
            Source::Client(fd) => Endpoint::inherited(*fd, false),
        }
    }
}

/// The value of `--tpmstate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) directory: PathBuf,
    pub(crate) mode: u32,
}

impl State {
    pub(crate) fn read(text: &str, default: Option<PathBuf>) -> Result<State, OptionError> {
        let mut fields = Fields::split("--tpmstate", text);
        fields
            .refuse("backup", "the journal needs no second file; copy the directory while the TPM is off")?;
        // Ours is always locked, and always durable.
        let _ = (fields.flag("lock")?, fields.flag("fsync")?);
        let mode = fields.number("mode", 8)?.unwrap_or(0o640);
        if mode & !0o777 != 0 {
            return Err(fields.wrong(format!("mode={mode:o} has more than permission bits")));
        }
        let directory = match (fields.value("dir")?, fields.value("backend-uri")?) {
            (Some(directory), None) => Some(directory.into()),
            (None, Some(uri)) => match uri.strip_prefix("dir://") {
                Some(path) => Some(path.into()),
                None => {
                    let instead = "write backend-uri=dir://DIR: the state is a directory here";
                    return Err(OptionError::Unsupported {
                        option: format!("--tpmstate backend-uri={uri}"),
                        instead,
                    });
                }
            },
            (None, None) => default,
            (Some(_), Some(_)) => return Err(fields.wrong("give dir or backend-uri, not both")),
        };
        let directory = directory.ok_or_else(|| fields.wrong("write dir=DIR"))?;
        fields.end()?;
        Ok(State { directory, mode })
    }
}

/// Where something is written to: `file=` or `fd=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    File(PathBuf),
    Fd(i32),
}

impl Target {
    fn read(fields: &mut Fields) -> Result<Target, OptionError> {
        match (fields.value("file")?, fields.number("fd", 10)?) {
            (Some(file), None) => Ok(Target::File(file.into())),
            (None, Some(fd)) => Ok(Target::Fd(fd)),
            _ => Err(fields.wrong("write file=PATH or fd=NUMBER")),
        }
    }
}

/// The value of `--log`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogTo {
    pub(crate) target: Target,
    pub(crate) prefix: String,
    pub(crate) truncate: bool,
}

impl LogTo {
    pub(crate) fn read(text: &str) -> Result<LogTo, OptionError> {
        let mut fields = Fields::split("--log", text);
        // Our log has one level, which holds what swtpm's first does: what went wrong, and when the
        // TPM came and went. More would be the traffic, which is nobody's business.
        let _ = fields.number::<u32>("level", 10)?;
        let log = LogTo {
            target: Target::read(&mut fields)?,
            prefix: fields.value("prefix")?.unwrap_or_default(),
            truncate: fields.flag("truncate")?,
        };
        fields.end()?;
        Ok(log)
    }
}

/// Reads the value of `--pid`.
pub(crate) fn pid(text: &str) -> Result<Target, OptionError> {
    let mut fields = Fields::split("--pid", text);
    let target = Target::read(&mut fields)?;
    fields.end()?;
    Ok(target)
}

/// The value of `--flags`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Flags {
    pub(crate) not_need_init: bool,
    pub(crate) startup: Option<Startup>,
    pub(crate) disable_auto_shutdown: bool,
}

impl Flags {
    pub(crate) fn read(text: &str) -> Result<Flags, OptionError> {
        let mut fields = Fields::split("--flags", text);
        fields.refuse("startup-deactivated", "TPM 2.0 has no such Startup; write startup-clear")?;
        let mut flags = Flags {
            not_need_init: fields.flag("not-need-init")?,
            startup: None,
            disable_auto_shutdown: fields.flag("disable-auto-shutdown")?,
        };
        let (clear, state, none) =
            (fields.flag("startup-clear")?, fields.flag("startup-state")?, fields.flag("startup-none")?);
        if u8::from(clear) + u8::from(state) + u8::from(none) > 1 {
            return Err(fields.wrong("give one startup-..., not several"));
        }
        if clear || state {
            flags.startup = Some(if clear { Startup::Clear } else { Startup::State });
        }
        // A Startup needs power.
        flags.not_need_init |= clear || state || none;
        fields.end()?;
        Ok(flags)
    }
}

/// The value of `--locality`: (reject-locality-4, allow-set-locality).
pub(crate) fn locality(text: &str) -> Result<(bool, bool), OptionError> {
    let mut fields = Fields::split("--locality", text);
    let read = (fields.flag("reject-locality-4")?, fields.flag("allow-set-locality")?);
    fields.end()?;
    Ok(read)
}

/// Checks the value of `--seccomp`. The trustlet's filter does not depend on it.
pub(crate) fn seccomp(text: &str) -> Result<(), OptionError> {
    let mut fields = Fields::split("--seccomp", text);
    match fields.value("action")?.as_deref() {
        Some("kill" | "log" | "none") => fields.end(),
        _ => Err(fields.wrong("write action=kill, action=log or action=none")),
    }
}

/// `--profile name=N`, `profile=JSON`, `file=F` or `fd=N`. JSON has commas of its own, so that nothing can follow it.
pub(crate) fn profile(text: &str) -> Result<Profile, OptionError> {
    let wrong = |what: String| OptionError::Value { option: "--profile", what };
    let read = |file: std::io::Result<std::fs::File>| {
        file.and_then(std::io::read_to_string).map_err(|why| wrong(format!("{text}: {why}")))
    };
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    let profile = match key {
        "name" => profile::named(value),
        "profile" => profile::from_json(value),
        "file" => profile::from_json(&read(std::fs::File::open(value))?),
        "fd" => {
            let number = value.parse().map_err(|_| wrong(format!("{value} is no descriptor")))?;
            profile::from_json(&read(vsm::fd::inherited(number).map(std::fs::File::from))?)
        }
        _ => return Err(wrong("write name=NAME, profile=JSON, file=FILE or fd=FD".into())),
    };
    profile.map_err(|why| wrong(why.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message<T: std::fmt::Debug>(result: Result<T, OptionError>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn control_channels() {
        let of = |text| Channel::control(text).map(|channel| (channel.source, channel.terminate));
        let path = |mode| Source::Path { path: "/run/s".into(), mode, uid: None, gid: None };
        assert_eq!(of("type=unixio,path=/run/s"), Ok((path(0o770), false)));
        assert_eq!(of("type=unixio,path=/run/s,mode=0600,terminate"), Ok((path(0o600), true)));
        let owned = Source::Path { path: "s".into(), mode: 0o770, uid: Some(1), gid: Some(2) };
        assert_eq!(of("path=s,type=unixio,uid=1,gid=2"), Ok((owned, false)));
        assert_eq!(of("type=unixio,clientfd=5"), Ok((Source::Client(5), false)));
        assert_eq!(of("type=unixio,fd=6"), Ok((Source::Listener(6), false)));
        let port = |address: &str| Source::Port { address: address.parse().unwrap(), port: 2322 };
        assert_eq!(of("type=tcp,port=2322"), Ok((port("127.0.0.1"), false)));
        assert_eq!(of("type=tcp,port=2322,bindaddr=::1"), Ok((port("::1"), false)));
        for (text, part) in [
            ("path=/run/s", "type=unixio or type=tcp"),
            ("type=unixio", "needs a path="),
            ("type=tcp", "needs a port="),
            ("type=tcp,port=70000", "port=70000"),
            ("type=tcp,port=1,ifname=eth0", "ifname is not supported"),
            ("type=unixio,path=s,mode=999", "mode=999"),
            ("type=unixio,path=s,mode=4755", "permission bits"),
            ("type=unixio,path=s,colour=red", "no colour"),
            ("type=pipe,path=s", "type=pipe"),
            ("type=tcp,clientfd=4", "clientfd"),
            ("type=unixio,path", "path needs a value"),
            ("type=unixio,path=s,terminate=yes", "takes no value"),
        ] {
            assert!(message(of(text)).contains(part), "{text}: {}", message(of(text)));
        }
    }

    #[test]
    fn servers() {
        let of = |text| Channel::server(text, None).map(|channel| (channel.source, channel.disconnect));
        let port = Source::Port { address: Ipv4Addr::LOCALHOST.into(), port: 2321 };
        assert_eq!(of("type=tcp,port=2321"), Ok((port.clone(), false)));
        assert_eq!(of("port=2321,disconnect"), Ok((port.clone(), true)));
        assert_eq!(Channel::server("type=tcp", Some(2321)).unwrap().source, port);
        assert_eq!(of("type=tcp,fd=7"), Ok((Source::Client(7), false)));
        assert!(message(of("type=tcp")).contains("port="));
        assert!(message(of("type=tcp,port=1,terminate")).contains("no terminate"));
    }

    #[test]
    fn states() {
        let of = |text| State::read(text, None).map(|state| (state.directory, state.mode));
        assert_eq!(of("dir=/d"), Ok(("/d".into(), 0o640)));
        assert_eq!(of("dir=/d,mode=0600,lock,fsync"), Ok(("/d".into(), 0o600)));
        assert_eq!(of("backend-uri=dir:///d/e"), Ok(("/d/e".into(), 0o640)));
        assert_eq!(State::read("mode=0600", Some("/env".into())).unwrap().directory, PathBuf::from("/env"));
        assert!(message(of("backend-uri=file:///d")).contains("not supported"));
        assert!(message(of("dir=/d,backup")).contains("backup is not supported"));
        assert!(message(of("mode=0600")).contains("dir=DIR"));
        assert!(message(of("dir=/a,backend-uri=dir:///b")).contains("not both"));
    }

    #[test]
    fn the_rest() {
        let flags = Flags::read("not-need-init,startup-clear").unwrap();
        assert_eq!(
            flags,
            Flags { not_need_init: true, startup: Some(Startup::Clear), disable_auto_shutdown: false }
        );
        assert!(Flags::read("startup-none").unwrap().not_need_init);
        assert!(!Flags::read("disable-auto-shutdown").unwrap().not_need_init);
        assert!(message(Flags::read("startup-deactivated")).contains("not supported"));
        assert!(message(Flags::read("startup-clear,startup-state")).contains("not several"));
        assert!(message(Flags::read("fast")).contains("no fast"));
        assert_eq!(pid("file=/p"), Ok(Target::File("/p".into())));
        assert_eq!(pid("fd=3"), Ok(Target::Fd(3)));
        assert!(message(pid("file=/p,fd=3")).contains("file=PATH or fd=NUMBER"));
        let log = LogTo::read("file=/l,level=20,prefix=x: ,truncate").unwrap();
        assert_eq!(log, LogTo { target: Target::File("/l".into()), prefix: "x: ".into(), truncate: true });
        assert!(message(LogTo::read("level=many,file=/l")).contains("level=many"));
        assert_eq!(locality("reject-locality-4,allow-set-locality"), Ok((true, true)));
        assert!(seccomp("action=none").is_ok() && seccomp("action=no").is_err() && seccomp("kill").is_err());
    }
}
