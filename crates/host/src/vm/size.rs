//! Sizes as people write them: `512M`, `10G`.

/// One mebibyte.
pub const MIB: u64 = 1 << 20;

/// Reads a size in bytes. The unit is K, M, G or T, binary; a number without one is refused as ambiguous.
pub fn parse(text: &str) -> Result<u64, String> {
    let wrong = || format!("\"{text}\" is not a size; write a number and K, M, G or T, as in 512M or 10G");
    let trimmed = text.trim_end_matches("iB").trim_end_matches('B');
    let (digits, unit) = trimmed.split_at_checked(trimmed.len().wrapping_sub(1)).ok_or_else(wrong)?;
    let shift = match unit {
        "k" | "K" => 10,
        "m" | "M" => 20,
        "g" | "G" => 30,
        "t" | "T" => 40,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(1 << shift).ok_or_else(wrong)
}

/// The shortest text that [`parse`] reads back as `bytes`; whole KiB only.
#[must_use]
pub fn text(bytes: u64) -> String {
    [(40, 'T'), (30, 'G'), (20, 'M')]
        .into_iter()
        .find(|(shift, _)| bytes != 0 && bytes.is_multiple_of(1 << shift))
        .map_or_else(|| format!("{}K", bytes >> 10), |(shift, unit)| format!("{}{unit}", bytes >> shift))
}

/// Reads a VM's memory size in bytes: whole MiB, at least 128, at most what the host has. A number without a unit is
/// MiB, as for QEMU.
pub fn memory(text: &str) -> Result<u64, String> {
    let bytes = if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        parse(&format!("{text}M"))?
    } else {
        parse(text)?
    };
    if bytes % MIB != 0 || bytes < 128 * MIB {
        return Err(format!("memory {text}: whole MiB are needed, at least 128M (the firmware needs them)"));
    }
    match host_memory() {
        Some(host) if bytes > host => {
            Err(format!("memory {text}: this host has {} MiB; give the VM less", host / MIB))
        }
        _ => Ok(bytes),
    }
}

/// Reads the number of virtual processors: 1 to 255.
pub fn cpus(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(n @ 1..=255) => Ok(n),
        _ => Err(format!("\"{text}\" is not a number of processors; 1 to 255 are possible")),
    }
}

fn host_memory() -> Option<u64> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find_map(|l| l.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_and_write_back() {
        for (text_form, bytes) in [("512M", 512 * MIB), ("10G", 10 << 30), ("1T", 1 << 40), ("3K", 3 << 10)] {
            assert_eq!(parse(text_form), Ok(bytes));
            assert_eq!(text(bytes), text_form);
        }
        assert_eq!(parse("1GiB"), Ok(1 << 30));
        for bad in ["", "G", "10", "-1G", "1.5G", "1X", "99999999999999999T", "ä"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn memory_has_bounds() {
        assert_eq!(memory("128M"), Ok(128 * MIB));
        assert_eq!(memory("512"), Ok(512 * MIB));
        assert!(memory("127M").is_err_and(|e| e.contains("at least 128M")));
        assert!(memory("131073K").is_err_and(|e| e.contains("whole MiB")));
        assert!(memory("900T").is_err_and(|e| e.contains("this host has")));
    }

    #[test]
    fn processors_have_bounds() {
        assert_eq!(cpus("2"), Ok(2));
        for bad in ["0", "256", "-1", "two", ""] {
            assert!(cpus(bad).is_err_and(|e| e.contains("1 to 255")), "{bad}");
        }
    }
}
