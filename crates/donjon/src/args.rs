//! The command line's grammar. Values are read by the code that they are for, whose complaints are one line.
use clap::Subcommand;
use std::ffi::OsString;
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 failed; 2 wrong usage; 3 no such VM; 4 refused by the gate: the isolation level is below the \
policy's minimum; 5 in use: the VM runs, the name is taken; 6 a configuration file is damaged.";

/// Virtual machines whose TPM lives in an isolated container.
#[derive(Debug, clap::Parser)]
#[command(name = "donjon", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Args {
    /// Keep everything in this directory: VMs, run files, the guardian's key
    #[arg(long, global = true, value_name = "DIR", env = "DONJON_HOME")]
    pub(crate) root: Option<PathBuf>,
    /// The policy file [default: /etc/donjon/policy.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE", env = "DONJON_POLICY")]
    pub(crate) policy: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the state of virtualization-based security, the isolation level and the security properties
    Status(StatusArgs),
    /// Show or check the policy: which isolation level a vTPM needs
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Make, start, stop and look at virtual machines
    #[command(subcommand, visible_alias = "vms")]
    Vm(VmCommand),
    /// Run a TPM without a VM, or check a TPM's state
    #[command(subcommand)]
    Tpm(TpmCommand),
}

#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Say what each line is founded on, and what to do about what is missing
    #[arg(long, conflicts_with = "json")]
    pub(crate) explain: bool,
    /// Exit with 4 if a VM with a vTPM would be refused
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Print the policy in force, and where each setting comes from
    Show,
    /// Check a policy file; nothing is changed
    Check {
        /// The file [default: the one in force]
        file: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TpmCommand {
    /// Serve a TPM to tools or to QEMU
    Serve(vtpm::cli::ServeArgs),
    /// Check a TPM's state without changing it
    Check(vtpm::cli::CheckArgs),
    /// List the profiles that a new TPM can have
    Profiles(vtpm::cli::ProfilesArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum VmCommand {
    /// Make a VM; nothing is started
    Create(Box<CreateArgs>),
    /// Start a VM: the vTPM, then QEMU; refused while the isolation level is below the policy's
    Start(StartArgs),
    /// Ask the guest to power off, and end the VM if it does not
    Stop(StopArgs),
    /// Reset a VM, as its reset button would
    Reset {
        /// The VM
        name: String,
    },
    /// List the VMs
    #[command(visible_alias = "ls")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a VM: its state, its settings, how its last run ended
    Show {
        /// The VM
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Change a stopped VM
    Set(Box<SetArgs>),
    /// Delete a stopped VM: its settings, its vTPM's state, and the disks that were made for it
    Delete(DeleteArgs),
    /// Connect to a VM's serial console; Ctrl-] leaves
    Console {
        /// The VM
        name: String,
    },
    /// Run a VM in this process and report on standard output (what `start` starts)
    #[command(hide = true)]
    Supervise {
        name: String,
        #[arg(long)]
        accel: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct CreateArgs {
    /// 1 to 48 letters, digits, "-", "_" or "."
    pub(crate) name: String,
    /// A disk; repeat for more. With a size it is made, without PATH in the VM's directory
    #[arg(long = "disk", value_name = "PATH[,size=10G][,format=raw|qcow2]")]
    pub(crate) disks: Vec<String>,
    /// A CD image; repeat for more
    #[arg(long = "cdrom", value_name = "ISO")]
    pub(crate) cdroms: Vec<PathBuf>,
    /// Start this kernel, without a boot loader
    #[arg(long, value_name = "FILE")]
    pub(crate) kernel: Option<PathBuf>,
    /// The kernel's initial RAM disk
    #[arg(long, value_name = "FILE")]
    pub(crate) initrd: Option<PathBuf>,
    /// The kernel's command line
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) append: Option<String>,
    /// Memory, as in 512M or 2G; a plain number is MiB
    #[arg(long, value_name = "SIZE", default_value = "1G")]
    pub(crate) memory: String,
    /// Virtual processors
    #[arg(long, value_name = "N", default_value = "2")]
    pub(crate) cpus: String,
    /// The guest's TPM 2.0: its interface, or none
    #[arg(long, value_name = "crb|tis|none", default_value = "crb")]
    pub(crate) tpm: String,
    /// What the TPM can do: a name of "donjon tpm profiles", or a JSON file of one's own [default: default]
    #[arg(long = "tpm-profile", visible_alias = "profile", value_name = "NAME|FILE")]
    pub(crate) tpm_profile: Option<String>,
    /// Firmware that starts anything (default: Secure Boot with Microsoft's keys)
    #[arg(long)]
    pub(crate) no_secure_boot: bool,
    /// Begin with a copy of this UEFI variable store, not with the firmware's template
    #[arg(long, value_name = "FILE")]
    pub(crate) uefi_vars: Option<PathBuf>,
    /// The accelerator; auto is KVM where it truly runs guests, else emulation
    #[arg(long, value_name = "auto|kvm|tcg", default_value = "auto")]
    pub(crate) accel: String,
    /// QEMU's processor model [default: the best for the accelerator]
    #[arg(long, value_name = "MODEL")]
    pub(crate) cpu: Option<String>,
    /// The network: user (outwards only) or none
    #[arg(long, value_name = "user|none", default_value = "user")]
    pub(crate) net: String,
    /// QEMU's -display, as in gtk; none is without a screen
    #[arg(long, value_name = "KIND", default_value = "none")]
    pub(crate) display: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct StartArgs {
    /// The VM
    pub(crate) name: String,
    /// Stay until the VM ends; Ctrl-C stops it
    #[arg(long)]
    pub(crate) foreground: bool,
    /// Connect to the serial console once it runs
    #[arg(long)]
    pub(crate) console: bool,
    /// Another accelerator for this time
    #[arg(long, value_name = "auto|kvm|tcg")]
    pub(crate) accel: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct StopArgs {
    /// The VM
    pub(crate) name: String,
    /// Do not ask the guest: end it at once, as by pulling the plug
    #[arg(long)]
    pub(crate) force: bool,
    /// How long the guest may take to power off before it is ended
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) timeout: u64,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DeleteArgs {
    /// The VM
    pub(crate) name: String,
    /// Keep the disks that were made for it
    #[arg(long)]
    pub(crate) keep_disks: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SetArgs {
    /// The VM
    pub(crate) name: String,
    /// Secure Boot; the UEFI variables are made anew, the old ones are kept beside them
    #[arg(long, value_name = "on|off")]
    pub(crate) secure_boot: Option<String>,
    /// Other UEFI variables: a store (a backup, for example), or "default" for the firmware's template
    #[arg(long, value_name = "FILE|default")]
    pub(crate) uefi_vars: Option<PathBuf>,
    /// Memory, as in 512M or 2G; a plain number is MiB
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory: Option<String>,
    /// Virtual processors
    #[arg(long, value_name = "N")]
    pub(crate) cpus: Option<String>,
    /// The guest's TPM; its state is kept when it is taken away
    #[arg(long, value_name = "crb|tis|none")]
    pub(crate) tpm: Option<String>,
    /// The accelerator
    #[arg(long, value_name = "auto|kvm|tcg")]
    pub(crate) accel: Option<String>,
    /// QEMU's processor model; "" for the best for the accelerator
    #[arg(long, value_name = "MODEL")]
    pub(crate) cpu: Option<String>,
    /// The network
    #[arg(long, value_name = "user|none")]
    pub(crate) net: Option<String>,
    /// QEMU's -display
    #[arg(long, value_name = "KIND")]
    pub(crate) display: Option<String>,
    /// Start this kernel, without a boot loader; "" for none
    #[arg(long, value_name = "FILE")]
    pub(crate) kernel: Option<OsString>,
    /// The kernel's initial RAM disk; "" for none
    #[arg(long, value_name = "FILE")]
    pub(crate) initrd: Option<OsString>,
    /// The kernel's command line; "" for none
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) append: Option<String>,
}
