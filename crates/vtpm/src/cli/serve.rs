//! `donjon tpm serve`: a TPM for whoever connects, without a VM.

use std::net::IpAddr;
use std::path::PathBuf;

use vtpm_proto::Startup;
use vtpm_proto::ctrl::Options;
use vtpm_store::{ParseStateIdError, StateId};

use super::swtpm::options::{Channel, OptionError};
use super::{INFO, complain, notify};
use crate::guard::{GuardianError, key_of_this_user};
use crate::home::{Home, HomeError};
use crate::keeper::net::{Endpoint, Endpoints, NetError, tcp_pair};
use crate::keeper::{Behaviour, Keeper, KeeperError, Power};
use crate::log::Log;
use crate::profile::{WishError, wish};
use crate::vtpm::{Isolation, Vtpm};

/// Serve a TPM 2.0 to tpm2-tools, IBM's tools, or QEMU.
///
/// Without --state the TPM lives in memory and is gone with the process: a simulator. Without any
/// port it speaks the simulator protocol ("mssim") on ports 2321 and 2322.
#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    /// Keep the TPM's sealed state in this directory, which must exist.
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Whose state it is, as 32 hex digits: a new state gets this id, another one's is refused.
    #[arg(long, value_name = "ID", requires = "state")]
    pub state_id: Option<String>,
    /// Speak the reference simulator's protocol on this TCP port and the next; 0 takes any free two.
    #[arg(long, value_name = "PORT")]
    pub mssim: Option<u16>,
    /// Speak swtpm's protocol: commands on this TCP port, control on the next; 0 takes any free two.
    #[arg(long, value_name = "PORT", conflicts_with = "ctrl")]
    pub swtpm: Option<u16>,
    /// swtpm's control channel, in its own form, for QEMU: type=unixio,path=P or type=tcp,port=N.
    #[arg(long, value_name = "CHANNEL")]
    pub ctrl: Option<String>,
    /// Address for the ports. Anyone who can connect can use and reset the TPM.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub bind: IpAddr,
    /// How the TPM is held apart: L2 (secret process), or none, for experiments.
    #[arg(long, value_name = "LEVEL", default_value = "L2")]
    pub isolation: String,
    /// TPM2_Startup sent at start: clear, state or none. With --ctrl alone, power waits for INIT.
    #[arg(long, value_name = "KIND", default_value = "clear")]
    pub startup: String,
    /// What a new TPM can do: a profile's name (see "donjon tpm profiles"), or a JSON file of one's own. A TPM that is
    /// there must have been made with it.
    #[arg(long, value_name = "NAME|FILE")]
    pub profile: Option<String>,
    /// Write the log to the end of this file, not to standard error.
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error("--isolation {0}: write L2, or none for a TPM without protection")]
    Isolation(String),
    #[error("--state-id {0}: {1}")]
    StateId(String, ParseStateIdError),
    #[error("--startup {0}: write clear, state or none")]
    Startup(String),
    #[error("opening the log {}: {source}; choose another --log", path.display())]
    Log { path: PathBuf, source: std::io::Error },
    #[error("--profile: {0}")]
    Profile(#[from] WishError),
    #[error(transparent)]
    Option(#[from] OptionError),
    #[error(transparent)]
    Net(#[from] NetError),
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Guardian(#[from] GuardianError),
    #[error(transparent)]
    Keeper(#[from] KeeperError),
}

/// Runs the command; its exit code.
#[must_use]
pub fn serve(args: &ServeArgs) -> i32 {
    match try_serve(args) {
        Ok(()) => 0,
        Err(why) => complain("donjon tpm serve", &why),
    }
}

fn try_serve(args: &ServeArgs) -> Result<(), ServeError> {
    let log = match &args.log {
        None => Log::stderr("donjon: "),
        Some(path) => {
            let file = Log::open(path, false);
            Log::file(file.map_err(|source| ServeError::Log { path: path.clone(), source })?, "")
        }
    };
    let run = run(args, &log);
    // The caller tells it on standard error.
    if let (Err(why), true) = (&run, args.log.is_some()) {
        log.line(&why.to_string());
    }
    run
}

fn run(args: &ServeArgs, log: &Log) -> Result<(), ServeError> {
    let isolation = Isolation { level: level(&args.isolation)?, program: None };
    let startup = startup(&args.startup)?;
    if isolation.level == vsm::Level::L0Plain {
        let warning = "WARNING: --isolation none: this TPM's secrets lie in ordinary memory, open to root and to every process of this user; use it for experiments only";
        eprintln!("donjon: {warning}");
        if args.log.is_some() {
            log.line(warning);
        }
    }
    let profile = args.profile.as_deref().map(wish).transpose()?;
    let id = args.state_id.as_deref().map(state_id).transpose()?;
    let home = match &args.state {
        None => Home::memory(),
        Some(directory) => Home::directory(directory, 0o600, key_of_this_user()?)?,
    };
    let (endpoints, clients) = endpoints(args)?;
    let reset_is_rude = endpoints.mssim.is_some();
    let power = if endpoints.mssim.is_none() && endpoints.data.is_none() {
        Power::WhenAsked
    } else {
        Power::AtOnce(startup)
    };
    let behaviour = Behaviour {
        power,
        end_with_data: false,
        end_with_control: false,
        disconnect: false,
        machine: Options { disable_auto_shutdown: reset_is_rude, ..Options::default() },
    };
    let place = args.state.as_ref().map_or("memory only".to_owned(), |dir| dir.display().to_string());
    let ready = format!("ready: TPM 2.0 at isolation level {}, state in {place}; {clients}", isolation.level);
    let mut vtpm = Vtpm::new(home, isolation, log.clone()).profile(profile);
    if let Some(id) = id {
        vtpm = vtpm.only(id);
    }
    Keeper::new(vtpm, endpoints, INFO, behaviour, log.clone()).run(|| {
        println!("{ready}");
        notify::ready();
    })?;
    Ok(())
}

/// The sockets, and how clients are told to find them.
fn endpoints(args: &ServeArgs) -> Result<(Endpoints, String), ServeError> {
    let mut endpoints = Endpoints::default();
    let mut clients = Vec::new();
    let port_of =
        |listener: &std::net::TcpListener| listener.local_addr().map_or(0, |address| address.port());
    let mssim = args.mssim.or_else(|| (args.swtpm.is_none() && args.ctrl.is_none()).then_some(2321));
    if let Some(port) = mssim {
        let pair = tcp_pair(args.bind, port)?;
        clients.push(format!("TPM2TOOLS_TCTI=mssim:host={},port={}", args.bind, port_of(&pair.0)));
        endpoints.mssim = Some(pair);
    }
    if let Some(port) = args.swtpm {
        let (data, control) = tcp_pair(args.bind, port)?;
        clients.push(format!("TPM2TOOLS_TCTI=swtpm:host={},port={}", args.bind, port_of(&data)));
        endpoints.data = Some(Endpoint::from_tcp(data)?);
        endpoints.control = Some(Endpoint::from_tcp(control)?);
    }
    if let Some(text) = &args.ctrl {
        let channel = Channel::control(text)?;
        clients.push(format!("control channel {text}"));
        endpoints.control = Some(channel.open()?);
    }
    Ok((endpoints, clients.join(", ")))
}

fn level(text: &str) -> Result<vsm::Level, ServeError> {
    if text.eq_ignore_ascii_case("none") {
        return Ok(vsm::Level::L0Plain);
    }
    match text.parse() {
        // L0 has a name that says what it is.
        Ok(level) if level != vsm::Level::L0Plain => Ok(level),
        _ => Err(ServeError::Isolation(text.to_owned())),
    }
}

fn state_id(text: &str) -> Result<StateId, ServeError> {
    text.parse().map_err(|why| ServeError::StateId(text.to_owned(), why))
}

fn startup(text: &str) -> Result<Option<Startup>, ServeError> {
    match text {
        "clear" => Ok(Some(Startup::Clear)),
        "state" => Ok(Some(Startup::State)),
        "none" => Ok(None),
        _ => Err(ServeError::Startup(text.to_owned())),
    }
}
