//! Hands the controlling side's metrics to Prometheus: they are read for each scrape, never before it.
//!
//! The controlling side can't be reached from inside the stack, and must not be. So it asks: `GET /relay` answers as
//! soon as a scrape waits, with the number of a turn; `POST /relay/TURN` brings what was read since. A scrape that
//! gets no answer within Prometheus' own time-out fails: values of another moment would be wrong.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hyper::header::HeaderValue;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

/// Prometheus says in this header how long it waits, in seconds.
pub(super) const SCRAPE_LIMIT_HEADER: &str = "x-prometheus-scrape-timeout-seconds";
/// How long a scrape may wait where it does not say.
const SCRAPE_LIMIT: Duration = Duration::from_secs(10);
/// No scrape waits longer, whatever it asks for.
const LONGEST_SCRAPE: Duration = Duration::from_secs(120);
/// How many scrapes may wait at a time.
const MOST_WAITING: usize = 16;
/// How long the controlling side is kept waiting for a scrape before it has to ask again.
const ASK_LIMIT: Duration = Duration::from_secs(5);

/// Scrapes that wait, and those whose turn is being answered.
#[derive(Default)]
pub(super) struct Relay {
    desk: Mutex<Desk>,
    arrived: Notify,
}

#[derive(Default)]
struct Desk {
    last_turn: u64,
    waiting: Vec<oneshot::Sender<Bytes>>,
    turns: BTreeMap<u64, Vec<oneshot::Sender<Bytes>>>,
}

impl Relay {
    /// What the controlling side reads for this scrape; none if nothing comes in time.
    pub(super) async fn scrape(&self, limit: Option<&HeaderValue>) -> Option<Bytes> {
        let (sender, answer) = oneshot::channel();
        {
            let mut desk = self.desk();
            desk.waiting.retain(|scrape| !scrape.is_closed());
            // One Prometheus asks once an interval; whoever else in the stack does must cost nothing.
            if desk.waiting.len() >= MOST_WAITING {
                return None;
            }
            desk.waiting.push(sender);
        }
        self.arrived.notify_one();
        timeout(scrape_limit(limit), answer).await.ok()?.ok()
    }

    /// The next turn: all scrapes that wait now. None if none comes for a while.
    pub(super) async fn next_turn(&self) -> Option<u64> {
        let arrived = async {
            loop {
                // A call that was woken and given up before it took the turn leaves it here.
                if let Some(turn) = self.take_turn() {
                    return turn;
                }
                self.arrived.notified().await;
            }
        };
        timeout(ASK_LIMIT, arrived).await.ok()
    }

    fn take_turn(&self) -> Option<u64> {
        let mut desk = self.desk();
        desk.waiting.retain(|scrape| !scrape.is_closed());
        desk.turns.retain(|_, scrapes| scrapes.iter().any(|scrape| !scrape.is_closed()));
        if desk.waiting.is_empty() {
            return None;
        }
        desk.last_turn += 1;
        let (turn, scrapes) = (desk.last_turn, std::mem::take(&mut desk.waiting));
        desk.turns.insert(turn, scrapes);
        Some(turn)
    }

    /// Answers the scrapes of a turn; false if all of them have given up.
    pub(super) fn answer(&self, turn: u64, text: &Bytes) -> bool {
        let scrapes = self.desk().turns.remove(&turn).unwrap_or_default();
        let answered = scrapes.into_iter().map(|scrape| scrape.send(text.clone()).is_ok());
        answered.fold(false, |any, one| any | one)
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn scrape_limit(header: Option<&HeaderValue>) -> Duration {
    let seconds = header.and_then(|header| header.to_str().ok()?.parse().ok());
    seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(SCRAPE_LIMIT).min(LONGEST_SCRAPE)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn every_scrape_gets_what_was_read_after_it_began() {
        let relay = Arc::new(Relay::default());
        for reading in ["first", "second"] {
            let scrapes: Vec<_> = (0..2)
                .map(|_| {
                    let relay = Arc::clone(&relay);
                    tokio::spawn(async move { relay.scrape(None).await })
                })
                .collect();
            tokio::task::yield_now().await;
            let turn = relay.next_turn().await.unwrap();
            assert!(relay.answer(turn, &Bytes::from(reading)));
            assert!(!relay.answer(turn, &Bytes::from("again")), "a turn is answered once");
            for scrape in scrapes {
                assert_eq!(scrape.await.unwrap().unwrap(), reading);
            }
        }
    }

    #[tokio::test]
    async fn a_scrape_without_an_answer_fails_and_leaves_nothing() {
        let relay = Relay::default();
        let limit = HeaderValue::from_static("0.05");
        assert_eq!(relay.scrape(Some(&limit)).await, None);
        assert_eq!(relay.take_turn(), None, "nobody waits any more");
        assert!(!relay.answer(1, &Bytes::new()));
    }

    #[test]
    fn prometheus_says_how_long_it_waits() {
        let limit = |text| scrape_limit(Some(&HeaderValue::from_static(text)));
        assert_eq!(limit("0.5"), Duration::from_millis(500));
        for strange in ["", "-1", "soon", "inf"] {
            assert_eq!(limit(strange), SCRAPE_LIMIT, "{strange}");
        }
        assert_eq!(scrape_limit(None), SCRAPE_LIMIT);
    }
}
