//! No token and no key reaches an error, a log or a debug view, whatever GitHub answers.

use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex};

use loadmark::domain::github::PullNumber;
use loadmark::github::{Github, GithubError};
use tracing_subscriber::fmt::MakeWriter;

use super::{Stage, check};
use crate::fake_github::{APP_KEY, CANARY, How, Trouble};

/// Everything that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// An error as it may be shown anywhere.
fn shown(error: &GithubError) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut cause: Option<&dyn Error> = error.source();
    while let Some(deeper) = cause {
        text.push_str(&format!(" {deeper} {deeper:?}"));
        cause = deeper.source();
    }
    text
}

#[tokio::test]
async fn a_planted_canary_is_found_nowhere() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    // While there is but one subscriber, a line of the log is of interest to whom the first thread that comes by has: to
    // nobody, where that is another test's. With two, both are asked.
    let _second = tracing::Dispatch::new(tracing_subscriber::fmt().with_writer(io::sink).finish());
    let _logging = tracing::subscriber::set_default(subscriber);
    let stage = Stage::new().await;
    let head = stage.revision("faster");
    let mut said = String::new();
    let mut is_shown = 0;
    for how in [How::Echo(400), How::Echo(401), How::Echo(403), How::Echo(500), How::Malformed, How::TooMany(0)] {
        for place in ["/installation", "/access_tokens", "/check-runs", "/pulls/"] {
            let clients: [Github; 2] = [stage.app(), stage.user("alice")];
            for github in clients {
                stage.fake.fail(Trouble::next(how.clone()).at(place).times(2));
                for error in [
                    github.write_check(None, &check(&head)).await.err(),
                    github.pull(PullNumber(1)).await.err(),
                    github.ourselves().await.err(),
                ]
                .into_iter()
                .flatten()
                {
                    is_shown += usize::from(error.to_string().contains("***"));
                    said.push_str(&shown(&error));
                }
                said.push_str(&format!("{github:?}"));
                // What is left of the trouble.
                for _ in 0..2 {
                    let _ = stage.app().write_check(None, &check(&head)).await;
                    let _ = stage.user("bob").pull(PullNumber(1)).await;
                }
            }
        }
    }
    assert!(is_shown > 10, "the echo of what we sent was seen {is_shown} times:\n{said}");
    said.push_str(&String::from_utf8(log.0.lock().unwrap().clone()).unwrap());
    said.push_str(&format!("{:?}", stage.fake.requests()));
    assert!(said.contains("a call to GitHub"), "the log is the one of the client");
    let key = APP_KEY.lines().nth(1).unwrap();
    // `eyJ` begins every JWT.
    for secret in [CANARY, key, "eyJ", "ghs_", "ghp_"] {
        assert!(!said.contains(secret), "`{secret}` in {said}");
    }
}
