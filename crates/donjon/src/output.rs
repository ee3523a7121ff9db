//! What is printed, and where.
use host::Error;
use std::io::Write;

/// Prints to standard output. A reader that has gone away (`donjon status | head`) is no failure.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints a JSON document.
pub(crate) fn print_json(value: &serde_json::Value) {
    print(&format!("{value:#}\n"));
}

/// Prints a failure. The gate's begins with Windows' sentence, so that whoever looks for that finds it.
pub(crate) fn complain(error: &Error) {
    match error {
        Error::Gate(_) => eprintln!("{error}"),
        Error::Relayed { code: host::error::exit::GATE, message } => eprintln!("{message}"),
        _ => eprintln!("donjon: {error}"),
    }
}
