//! swtpm's argument vector.

use std::path::PathBuf;

use tpm2_engine::Profile;

use super::options::{
    Channel, Flags, LogTo, OptionError, Source, State, Target, locality, pid, profile, seccomp,
};

/// What `swtpm` was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    Help,
    Version,
    PrintCapabilities,
    PrintInfo(u64),
    PrintStates(State),
    PrintProfiles,
    Socket(Box<Socket>),
}

/// `swtpm socket ...` that is to run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Socket {
    pub(super) state: State,
    pub(super) control: Option<Channel>,
    pub(super) server: Option<Channel>,
    pub(super) flags: Flags,
    pub(super) profile: Option<Profile>,
    pub(super) log: Option<LogTo>,
    pub(super) pid: Option<Target>,
    pub(super) terminate: bool,
    pub(super) daemon: bool,
    pub(super) reject_locality_4: bool,
    pub(super) allow_set_locality: bool,
    /// `--seccomp` was given.
    pub(super) seccomp: bool,
}

/// Options of swtpm that are not here, and what to do.
const REFUSED: [(&str, &str); 8] = [
    ("--key", "state is always sealed, with a key that the guardian keeps; leave it out"),
    ("--migration-key", "state always leaves sealed; leave it out"),
    ("--migration", "the state's lock is taken at INIT and kept; leave it out"),
    ("--runas", "start it as that user"),
    ("-r", "start it as that user"),
    ("--chroot", "the TPM itself has no file system at all; leave it out"),
    ("-R", "the TPM itself has no file system at all; leave it out"),
    ("--pcap", "what a TPM is asked and answers is not written anywhere; leave it out"),
];

/// Everything that was said, before it is known what for.
#[derive(Default)]
struct Said {
    tpm2: bool,
    help: bool,
    print_capabilities: bool,
    print_states: bool,
    print_profiles: bool,
    print_info: Option<u64>,
    state: Option<String>,
    control: Option<Channel>,
    server: Option<Channel>,
    flags: Flags,
    profile: Option<Profile>,
    log: Option<LogTo>,
    pid: Option<Target>,
    terminate: bool,
    daemon: bool,
    locality: (bool, bool),
    seccomp: bool,
}

/// Reads the arguments behind the program's name.
pub(super) fn parse(arguments: &[String]) -> Result<Command, OptionError> {
    let mut arguments = arguments.iter();
    match arguments.next().map(String::as_str) {
        Some("socket") => {}
        Some("--version" | "-v") => return Ok(Command::Version),
        None | Some("--help" | "-h") => return Ok(Command::Help),
        Some(interface @ ("chardev" | "cuse")) => {
            let instead = "write swtpm socket: this TPM is reached by sockets";
            return Err(OptionError::Unsupported { option: interface.into(), instead });
        }
        Some(other) => return Err(OptionError::Unknown(other.into())),
    }
    let environment = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let mut said = Said::default();
    while let Some(argument) = arguments.next() {
        // Both forms: --name value, and --name=value.
        let (name, joined) = match argument.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value)),
            _ => (argument.as_str(), None),
        };
        let mut value = || match joined {
            Some(value) => Ok(value.to_owned()),
            None => arguments.next().cloned().ok_or_else(|| OptionError::NoValue(name.into())),
        };
        match name {
            "--tpmstate" => said.state = Some(value()?),
            "--ctrl" => said.control = Some(Channel::control(&value()?)?),
            "--server" => {
                let port = environment("TPM_PORT").and_then(|port| port.to_str()?.parse().ok());
                said.server = Some(Channel::server(&value()?, port)?);
            }
            "-p" | "--port" => {
                said.server = Some(Channel::server(&format!("type=tcp,port={},disconnect", value()?), None)?)
            }
            "-f" | "--fd" => said.server = Some(Channel::server(&format!("type=tcp,fd={}", value()?), None)?),
            "--flags" => said.flags = Flags::read(&value()?)?,
            "--profile" => said.profile = Some(profile(&value()?)?),
            "--log" => said.log = Some(LogTo::read(&value()?)?),
            "--pid" => said.pid = Some(pid(&value()?)?),
            "--locality" => said.locality = locality(&value()?)?,
            "--seccomp" => {
                seccomp(&value()?)?;
                said.seccomp = true;
            }
            "--print-info" => {
                let text = value()?;
                let number =
                    text.strip_prefix("0x").map_or_else(|| text.parse(), |hex| u64::from_str_radix(hex, 16));
                let wrong =
                    |_| OptionError::Value { option: "--print-info", what: format!("{text} is no number") };
                said.print_info = Some(number.map_err(wrong)?);
            }
            _ if joined.is_none() && said.switch(name) => {}
            _ => {
                let refused = REFUSED.iter().find(|(refused, _)| *refused == name);
                return Err(match refused {
                    Some((_, instead)) => OptionError::Unsupported { option: name.into(), instead },
                    None => OptionError::Unknown(argument.clone()),
                });
            }
        }
    }
    said.command(environment("TPM_PATH").map(PathBuf::from))
}

impl Said {
    /// Takes an option without a value.
    fn switch(&mut self, name: &str) -> bool {
        match name {
            "--tpm2" => self.tpm2 = true,
            "-h" | "--help" => self.help = true,
            "-t" | "--terminate" => self.terminate = true,
            "-d" | "--daemon" => self.daemon = true,
            "--print-capabilities" => self.print_capabilities = true,
            "--print-profiles" => self.print_profiles = true,
            "--print-states" => self.print_states = true,
            _ => return false,
        }
        true
    }

    fn command(self, default_state: Option<PathBuf>) -> Result<Command, OptionError> {
        if self.help {
            return Ok(Command::Help);
        }
        if self.print_capabilities {
            return Ok(Command::PrintCapabilities);
        }
        if let Some(flags) = self.print_info {
            return Ok(Command::PrintInfo(flags));
        }
        if self.print_profiles {
            return Ok(Command::PrintProfiles);
        }
        if !self.tpm2 {
            let instead = "add --tpm2: TPM 1.2 is not here";
            return Err(OptionError::Unsupported { option: "swtpm socket without --tpm2".into(), instead });
        }
        let state = State::read(self.state.as_deref().unwrap_or_default(), default_state)?;
        if self.print_states {
            return Ok(Command::PrintStates(state));
        }
        if self.control.is_none() && self.server.is_none() {
            let what = "nobody could reach the TPM: give --ctrl or --server too".to_owned();
            return Err(OptionError::Value { option: "swtpm socket", what });
        }
        // A connection that was handed over at start is the only one there will be.
        let given = self.server.as_ref().is_some_and(|server| matches!(server.source, Source::Client(_)));
        Ok(Command::Socket(Box::new(Socket {
            state,
            control: self.control,
            server: self.server,
            flags: self.flags,
            profile: self.profile,
            log: self.log,
            pid: self.pid,
            terminate: self.terminate || given,
            daemon: self.daemon,
            reject_locality_4: self.locality.0,
            allow_set_locality: self.locality.1,
            seccomp: self.seccomp,
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vtpm_proto::Startup;

    fn of(line: &str) -> Result<Command, OptionError> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    fn socket(line: &str) -> Socket {
        match of(line) {
            Ok(Command::Socket(socket)) => *socket,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn what_libvirt_runs() {
        let s = socket(
            "socket --ctrl type=unixio,path=/run/x.sock,mode=0600 --tpmstate dir=/var/s,mode=0600 \
             --log file=/var/log/x.log --terminate --tpm2",
        );
        assert_eq!((s.state.directory.to_str(), s.state.mode), (Some("/var/s"), 0o600));
        assert!(s.terminate && !s.daemon && s.server.is_none() && !s.flags.not_need_init);
        assert_eq!(s.log.unwrap().target, Target::File("/var/log/x.log".into()));
    }

    #[test]
    fn what_swtpm_setup_runs() {
        let s = socket(
            "socket --flags not-need-init,startup-clear --tpmstate backend-uri=dir:///d --pid file=/tmp/p --tpm2 \
             --log file=/l --server type=tcp,fd=7 --ctrl type=unixio,clientfd=5",
        );
        assert_eq!(s.server.unwrap().source, Source::Client(7));
        assert_eq!(s.control.unwrap().source, Source::Client(5));
        assert!(s.terminate && s.flags.startup == Some(Startup::Clear));
        assert_eq!(s.pid, Some(Target::File("/tmp/p".into())));
        assert_eq!(of("socket --print-capabilities --log file=/l"), Ok(Command::PrintCapabilities));
        assert_eq!(of("socket --tpm2 --print-capabilities"), Ok(Command::PrintCapabilities));
        let states = of("socket --print-states --tpmstate backend-uri=dir:///d --tpm2 --log file=/l");
        assert!(matches!(states, Ok(Command::PrintStates(_))));
    }

    #[test]
    fn other_forms() {
        let s = socket(
            "socket --tpm2 -d -t -p 2321 --tpmstate=dir=/d --locality allow-set-locality --seccomp action=kill",
        );
        assert!(s.server.unwrap().disconnect && s.daemon && s.terminate && s.allow_set_locality && s.seccomp);
        let s = socket("socket --tpm2 --tpmstate dir=/d -f 9");
        assert!(s.terminate);
        assert_eq!(of("socket --help"), Ok(Command::Help));
        assert_eq!(of("--version"), Ok(Command::Version));
        assert_eq!(of("socket --print-info 0x3"), Ok(Command::PrintInfo(3)));
    }

    #[test]
    fn profiles() {
        let s = socket("socket --tpm2 --tpmstate dir=/d -p 1 --profile name=default-v1");
        assert_eq!(s.profile.expect("a profile").content().name, "libtpms-default-v1");
        let json = r#"profile={"Name":"custom:x","Algorithms":"hmac,aes,keyedhash,sha1,sha256,sha384,sha512,kdf1-sp800-108,cfb"}"#;
        let s = socket(&format!("socket --tpm2 --tpmstate dir=/d -p 1 --profile {json}"));
        let content = s.profile.expect("a profile").content().clone();
        assert_eq!((content.name.as_str(), content.algorithms.len()), ("custom:x", 9));
        assert_eq!(of("socket --tpm2 --print-profiles"), Ok(Command::PrintProfiles));
        for line in ["name=other", "file=/no/such", "fd=x", "name=default-v1,remove-disabled=check", ""] {
            let line = format!("socket --tpm2 --tpmstate dir=/d -p 1 --profile={line}");
            assert!(matches!(of(&line), Err(OptionError::Value { .. })), "{line}: {:?}", of(&line));
        }
    }

    #[test]
    fn what_is_not_here_is_refused_by_name() {
        for line in [
            "socket --tpm2 --key pwdfd=31,mode=aes-256-cbc",
            "socket --tpm2 --migration-key pwdfd=33",
            "socket --tpm2 --migration incoming",
            "socket --tpm2 --runas tss",
            "socket --tpm2 --pcap file=/p",
            "chardev --tpm2",
            "socket --ctrl type=unixio,path=/s --tpmstate dir=/d",
        ] {
            assert!(matches!(of(line), Err(OptionError::Unsupported { .. })), "{line}: {:?}", of(line));
        }
        for line in
            ["socket --tpm2 --fast", "socket extra", "socket --tpm2=yes", "tcp", "socket --terminate=1"]
        {
            assert!(matches!(of(line), Err(OptionError::Unknown(_))), "{line}: {:?}", of(line));
        }
        assert!(matches!(of("socket --tpm2 --ctrl"), Err(OptionError::NoValue(_))));
        let nobody = of("socket --tpm2 --tpmstate dir=/d").unwrap_err().to_string();
        assert!(nobody.contains("--ctrl or --server"), "{nobody}");
    }
}
