//! An error with its causes, as people read it.

/// As the operating system says it, and git after it.
const DISK_FULL: &str = "No space left on device";

/// An error with its causes, in one line; with what to do where the user's disk is full.
pub fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // A room's error often repeats its cause's words.
        if !text.contains(&cause.to_string()) {
            text = format!("{text}: {cause}");
        }
        source = cause.source();
    }
    if text.contains(DISK_FULL) {
        text += "; free space there, or set `data` to a folder elsewhere, and ask again";
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use thiserror::Error;

    use super::*;

    #[derive(Debug, Error)]
    #[error("failed to write `samples`")]
    struct Failed(#[source] io::Error);

    #[test]
    fn a_full_disk_is_told_with_what_to_do() {
        let full = Failed(io::Error::from_raw_os_error(rustix::io::Errno::NOSPC.raw_os_error()));
        assert_eq!(
            error_chain(&full),
            "failed to write `samples`: No space left on device (os error 28); free space there, or set `data` to a \
             folder elsewhere, and ask again"
        );
        let other = Failed(io::Error::from_raw_os_error(rustix::io::Errno::ACCESS.raw_os_error()));
        assert_eq!(error_chain(&other), "failed to write `samples`: Permission denied (os error 13)");
    }
}
