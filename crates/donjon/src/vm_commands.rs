//! `donjon vm`: from the command line to the calls of `host`, and what is printed of them.
use crate::args::{Args, CreateArgs, DeleteArgs, SetArgs, StartArgs, StopArgs, VmCommand};
use crate::output::{complain, print, print_json};
use host::Error;
use host::isolation;
use host::vm::accel::Choice;
use host::vm::change::{self, Change, Variables};
use host::vm::config::{Network, Tpm};
use host::vm::console::{self, Left};
use host::vm::create;
use host::vm::disk::Wanted;
use host::vm::stop::{self, Stopped};
use host::vm::supervisor::{self, Ready, Report, Request};
use host::vm::view::{self, View};
use host::vm::{Home, Name, size, start};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

pub(crate) fn run(args: &Args, command: &VmCommand) -> Result<(), Error> {
    let home = Home::resolve(args.root.as_deref())?;
    match command {
        VmCommand::Create(c) => create(&home, c),
        VmCommand::Start(s) => start(args, home, s),
        VmCommand::Stop(s) => stop(&home, s),
        VmCommand::Reset { name } => {
            let name = named(name)?;
            stop::reset(&home, &name)?;
            print(&format!("VM {name} was reset\n"));
            Ok(())
        }
        VmCommand::List { json } => list(&home, *json),
        VmCommand::Show { name, json } => show(&home, name, *json),
        VmCommand::Set(s) => set(&home, s),
        VmCommand::Delete(d) => delete(&home, d),
        VmCommand::Console { name } => attach(&home, &named(name)?),
        VmCommand::Supervise { name, accel } => supervise(args, home, name, accel.as_deref()),
    }
}

fn named(text: &str) -> Result<Name, Error> {
    Name::parse(text).map_err(Error::Usage)
}

/// Has an option's value read by the code that it is for; the complaint names the option.
fn read<T>(option: &str, text: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<T, Error> {
    parse(text).map_err(|e| Error::Usage(format!("{option}: {e}")))
}

fn read_if<T>(
    option: &str,
    text: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, Error> {
    text.map(|t| read(option, t, parse)).transpose()
}

fn create(home: &Home, c: &CreateArgs) -> Result<(), Error> {
    let request = create::Request {
        name: named(&c.name)?,
        disks: c.disks.iter().map(|d| read("--disk", d, Wanted::parse)).collect::<Result<_, _>>()?,
        cdroms: c.cdroms.clone(),
        kernel: c.kernel.clone(),
        initrd: c.initrd.clone(),
        append: c.append.clone(),
        memory: read("--memory", &c.memory, size::memory)?,
        cpus: read("--cpus", &c.cpus, size::cpus)?,
        tpm: read("--tpm", &c.tpm, Tpm::parse)?,
        tpm_profile: read_if("--tpm-profile", c.tpm_profile.as_deref(), vtpm::profile::keep)?,
        secure_boot: !c.no_secure_boot,
        uefi_vars: c.uefi_vars.clone(),
        accel: read("--accel", &c.accel, Choice::parse)?,
        cpu_model: c.cpu.clone(),
        network: read("--net", &c.net, Network::parse)?,
        display: c.display.clone(),
    };
    let dir = create::create(home, &request)?;
    print(&format!(
        "VM {name} made in {}; `donjon vm start {name}` starts it\n",
        dir.display(),
        name = request.name
    ));
    Ok(())
}

fn start(args: &Args, home: Home, s: &StartArgs) -> Result<(), Error> {
    let name = named(&s.name)?;
    let accel = read_if("--accel", s.accel.as_deref(), Choice::parse)?;
    if s.foreground {
        return foreground(args, home, name, accel, s.console);
    }
    // Read here too, so that a policy that is damaged is told before anything is started.
    host::policy::Policy::load(args.policy.as_deref())?;
    let ready = start::detached(&home, &name, &mut supervisor_command(args, &name, accel)?)?;
    print(&format!("{}\n", running(&name, &ready)));
    if s.console { attach(&home, &name) } else { Ok(()) }
}

/// This program again, as the VM's supervisor.
fn supervisor_command(args: &Args, name: &Name, accel: Option<Choice>) -> Result<Command, Error> {
    let program = std::env::current_exe().map_err(Error::io("finding", "this program"))?;
    let mut command = Command::new(program);
    for (option, path) in [("--root", &args.root), ("--policy", &args.policy)] {
        if let Some(path) = path {
            command.arg(option).arg(std::path::absolute(path).map_err(Error::io("resolving", path))?);
        }
    }
    // It outlives this command, and must not hold the directory that this one was called in.
    command.current_dir("/");
    for variable in ["DONJON_QEMU", "DONJON_FIRMWARE", "DONJON_GUARDIAN_KEY"] {
        if let Some(path) = std::env::var_os(variable).filter(|p| !p.is_empty()) {
            command.env(variable, std::path::absolute(&path).map_err(Error::io("resolving", path))?);
        }
    }
    command.args(["vm", "supervise", name.as_str()]);
    if let Some(accel) = accel {
        command.args(["--accel", accel.text()]);
    }
    Ok(command)
}

fn running(name: &Name, ready: &Ready) -> String {
    let vtpm = ready.isolation.as_ref().map(|l| format!("; vTPM isolated at {l}")).unwrap_or_default();
    format!("VM {name} runs{vtpm}; accelerator {}: {}", ready.accelerator, ready.accelerator_why)
}

fn foreground(
    args: &Args,
    home: Home,
    name: Name,
    accel: Option<Choice>,
    console: bool,
) -> Result<(), Error> {
    let request = Request { home: home.clone(), name: name.clone(), policy: args.policy.clone(), accel };
    supervisor::run(&request, &isolation::measure, &mut |report| {
        if let Report::Ready(ready) = report {
            print(&format!("{}\n", running(&name, &ready)));
            if console {
                let (home, name) = (home.clone(), name.clone());
                // The main thread has to stay with QEMU, which dies with the thread that started it.
                std::thread::spawn(move || {
                    if let Err(e) = attach(&home, &name) {
                        complain(&e);
                    }
                });
            }
        }
    })
}

/// Standard output is the pipe to `start`, one report a line; standard error is the supervisor's log.
fn supervise(args: &Args, home: Home, name: &str, accel: Option<&str>) -> Result<(), Error> {
    let tell = |report: &Report| {
        if let Ok(line) = serde_json::to_string(report) {
            print(&format!("{line}\n"));
        }
    };
    let run = || {
        let accel = read_if("--accel", accel, Choice::parse)?;
        let request = Request { home, name: named(name)?, policy: args.policy.clone(), accel };
        supervisor::run(&request, &isolation::measure, &mut |report| tell(&report))
    };
    let result = run();
    if let Err(e) = &result {
        // Unless it runs already, `start` still listens; after that this goes nowhere, and the log has it.
        tell(&Report::Failed { code: e.exit_code(), message: e.to_string() });
    }
    result
}

fn stop(home: &Home, s: &StopArgs) -> Result<(), Error> {
    let name = named(&s.name)?;
    let how = match stop::stop(home, &name, s.force, Duration::from_secs(s.timeout))? {
        Stopped::ByGuest => "the guest powered off".to_string(),
        Stopped::ByForce { after_asking: true } => {
            format!("the guest did not power off within {} s", s.timeout)
        }
        Stopped::ByForce { after_asking: false } => "it was ended without asking the guest".to_string(),
    };
    print(&format!("VM {name} is stopped: {how}\n"));
    Ok(())
}

fn list(home: &Home, json: bool) -> Result<(), Error> {
    let views = View::all(home)?;
    if json {
        print_json(&views.iter().map(View::to_json).collect());
    } else if views.is_empty() {
        eprintln!("There are no VMs in {}; `donjon vm create NAME` makes one.", home.vms.display());
    } else {
        print(&view::table(&views));
    }
    Ok(())
}

fn show(home: &Home, name: &str, json: bool) -> Result<(), Error> {
    let view = View::of(home, &named(name)?)?;
    if json {
        print_json(&view.to_json());
    } else {
        print(&view.to_text());
    }
    view.damage().map_or(Ok(()), Err)
}

fn set(home: &Home, s: &SetArgs) -> Result<(), Error> {
    let on_off = |text: &str| match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(format!("\"{text}\" is neither on nor off")),
    };
    let name = named(&s.name)?;
    let change = Change {
        secure_boot: read_if("--secure-boot", s.secure_boot.as_deref(), on_off)?,
        uefi_vars: s.uefi_vars.as_deref().map(|p| {
            if p == Path::new("default") { Variables::Default } else { Variables::File(p.to_path_buf()) }
        }),
        memory: read_if("--memory", s.memory.as_deref(), size::memory)?,
        cpus: read_if("--cpus", s.cpus.as_deref(), size::cpus)?,
        tpm: read_if("--tpm", s.tpm.as_deref(), Tpm::parse)?,
        accel: read_if("--accel", s.accel.as_deref(), Choice::parse)?,
        cpu_model: s.cpu.clone(),
        network: read_if("--net", s.net.as_deref(), Network::parse)?,
        display: s.display.clone(),
        kernel: s.kernel.clone().map(Into::into),
        initrd: s.initrd.clone().map(Into::into),
        append: s.append.clone(),
    };
    for line in change::set(home, &name, &change)? {
        print(&format!("VM {name}: {line}\n"));
    }
    Ok(())
}

fn delete(home: &Home, d: &DeleteArgs) -> Result<(), Error> {
    let name = named(&d.name)?;
    home.existing(&name)?;
    if !d.yes && !confirmed(&name)? {
        return Err(Error::Run(format!("VM \"{name}\" was not deleted")));
    }
    let deleted = change::delete(home, &name, d.keep_disks)?;
    print(&format!("VM {name} is deleted\n"));
    for path in deleted.removed {
        print(&format!("  disk deleted: {path}\n"));
    }
    for path in deleted.kept {
        print(&format!("  disk kept: {path}\n"));
    }
    Ok(())
}

fn confirmed(name: &Name) -> Result<bool, Error> {
    if !std::io::stdin().is_terminal() {
        return Err(Error::Usage(format!(
            "deleting VM \"{name}\" destroys its vTPM, and with it every key sealed there; add --yes to do it"
        )));
    }
    eprint!(
        "Deleting VM \"{name}\" destroys its vTPM, and with it every key sealed there. Type its name to do it: "
    );
    let _ = std::io::stderr().flush();
    let mut typed = String::new();
    std::io::stdin().read_line(&mut typed).map_err(Error::io("reading", "standard input"))?;
    Ok(typed.trim() == name.as_str())
}

fn attach(home: &Home, name: &Name) -> Result<(), Error> {
    match console::attach(home, name)? {
        Left::ByUser => eprintln!("\nLeft the console; VM {name} runs on."),
        Left::VmStopped => eprintln!("\nVM {name} stopped."),
    }
    Ok(())
}
