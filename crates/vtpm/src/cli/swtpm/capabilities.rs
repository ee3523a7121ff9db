//! What `swtpm` says about itself: the help text, and the JSON that libvirt and swtpm_setup probe.

use tpm2_engine::Profile;

use crate::profile::{named, to_json};

/// Printed by `--help`. QEMU's tests look for "--tpm2" in it.
pub(super) const HELP: &str = "\
Usage: swtpm socket --tpm2 [options]

donjon's TPM 2.0, by the name and with the options of swtpm. See docs/SWTPM.md.

--tpm2           : TPM 2.0; the only kind there is
--tpmstate dir=DIR|backend-uri=dir://DIR[,mode=0...][,lock][,fsync]
                 : the directory of the sealed state (also: environment TPM_PATH)
--ctrl type=unixio,path=PATH[,mode=0...][,uid=N][,gid=N][,terminate]
--ctrl type=unixio,fd=FD|clientfd=FD[,terminate]
--ctrl type=tcp,port=PORT[,bindaddr=ADDRESS][,terminate]
                 : the control channel; fd listens, clientfd is a connection
--server type=tcp,port=PORT[,bindaddr=ADDRESS][,disconnect]
--server type=unixio,path=PATH[,mode=0...][,uid=N][,gid=N][,disconnect]
--server type=tcp|unixio,fd=FD
                 : the data channel, unless it is handed over on the control channel
-p|--port PORT   : the same as --server type=tcp,port=PORT,disconnect
-f|--fd FD       : the same as --server fd=FD
--flags [not-need-init][,startup-clear|startup-state|startup-none][,disable-auto-shutdown]
                 : power on at start, and TPM2_Startup of this kind
--locality [reject-locality-4][,allow-set-locality]
-t|--terminate   : end when the data connection is lost
-d|--daemon      : go to the background once the sockets are there
--log file=FILE|fd=FD[,level=N][,prefix=PREFIX][,truncate]
--pid file=FILE|fd=FD
--profile name=NAME|profile=JSON|file=FILE|fd=FD
                 : what a new TPM can do
--seccomp action=kill|log|none
                 : accepted; the TPM's own filter always kills
--print-capabilities
--print-states
--print-profiles
--print-info FLAGS
-h|--help
";

const FEATURES: &[&str] = &[
    "tpm-2.0",
    "tpm-send-command-header",
    "flags-opt-startup",
    "flags-opt-disable-auto-shutdown",
    "ctrl-opt-terminate",
    "cmdarg-seccomp",
    "cmdarg-print-states",
    "nvram-backend-dir",
    "rsa-keysize-2048",
    "rsa-keysize-3072",
    "rsa-keysize-4096",
    "cmdarg-print-info",
    "cmdarg-profile",
    "cmdarg-print-profiles",
    "tpmstate-opt-lock",
    "tpmstate-dir-backend-opt-fsync",
    "systemd-notify",
];

/// Printed by `--print-profiles`, in swtpm's form.
pub(super) fn profiles() -> String {
    let of = |name: &&str| {
        let content = named(name).ok()?.content().clone();
        let mut json = to_json(&content);
        json.as_object_mut()?.remove("Limits");
        Some(json)
    };
    let all: Vec<_> = Profile::names().iter().filter_map(of).collect();
    serde_json::json!({ "builtin": all, "custom": [{ "Name": "custom", "Description": "Made of another profile" }] })
        .to_string()
}

/// Printed by `--print-capabilities`, in swtpm's form and spacing.
pub(super) fn json() -> String {
    let features = FEATURES.iter().map(|feature| format!("\"{feature}\"")).collect::<Vec<_>>().join(", ");
    format!(
        "{{ \"type\": \"swtpm\", \"features\": [ {features} ], \"version\": \"{}\" }}",
        env!("CARGO_PKG_VERSION")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_json_that_does_not_promise_what_is_refused() {
        let json: serde_json::Value = serde_json::from_str(&json()).unwrap();
        assert_eq!(json["type"], "swtpm");
        let features: Vec<_> =
            json["features"].as_array().unwrap().iter().map(|f| f.as_str().unwrap()).collect();
        assert!(features.contains(&"tpm-2.0"));
        for refused in ["tpm-1.2", "cmdarg-key-fd", "cmdarg-pwd-fd", "cmdarg-migration", "nvram-backend-file"]
        {
            assert!(!features.contains(&refused), "{refused}");
        }
        assert!(HELP.contains("--tpm2"));
    }
}
