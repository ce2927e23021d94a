//! Failpoints: named places at which a process can be made to end, for tests of what a crash there leaves.
//!
//! Off, and a single look at a variable that was read once, unless `LOADMARK_FAILPOINT` names the place.

use std::sync::OnceLock;

use rustix::process::{Signal, getpid, kill_process};

/// The variable that switches one on: `NAME`, or `NAME=ACTION`.
const VARIABLE: &str = "LOADMARK_FAILPOINT";

/// What happens at a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Action {
    /// SIGKILL to ourselves: nothing of us runs any more.
    Kill,
    /// SIGSTOP to ourselves: we stand still until somebody sends SIGCONT.
    Stop,
    /// An orderly exit of the process, without what our tasks would still do.
    Exit,
}

/// Ends this process here, where the variable says so.
pub fn failpoint(name: &str) {
    static CHOSEN: OnceLock<Option<(String, Action)>> = OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| std::env::var(VARIABLE).ok().and_then(|text| read(&text)));
    let Some((place, action)) = chosen else { return };
    if place != name {
        return;
    }
    tracing::warn!("failpoint {name}: {action:?}");
    let signal = match action {
        Action::Kill => Signal::KILL,
        Action::Stop => Signal::STOP,
        Action::Exit => std::process::exit(1),
    };
    if let Err(error) = kill_process(getpid(), signal) {
        tracing::error!(%error, "failpoint {name} could not send itself a signal");
    }
}

/// The place and the action of `NAME[=ACTION]`; none where the action is unknown.
fn read(text: &str) -> Option<(String, Action)> {
    let (name, action) = text.split_once('=').unwrap_or((text, "kill"));
    let action = match action {
        "kill" => Action::Kill,
        "stop" => Action::Stop,
        "exit" => Action::Exit,
        _ => {
            tracing::error!("{VARIABLE} is `{text}`: expected NAME, NAME=kill, NAME=stop or NAME=exit");
            return None;
        }
    };
    Some((name.to_owned(), action))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_without_an_action_kills() {
        assert_eq!(read("claimed"), Some(("claimed".to_owned(), Action::Kill)));
        assert_eq!(read("claimed=stop"), Some(("claimed".to_owned(), Action::Stop)));
        assert_eq!(read("claimed=exit"), Some(("claimed".to_owned(), Action::Exit)));
        assert_eq!(read("claimed=explode"), None);
    }

    #[test]
    fn nothing_happens_unless_the_place_is_chosen() {
        failpoint("a-place-that-nobody-names");
    }
}
