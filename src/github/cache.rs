//! Answers that are kept to ask "did it change?": an answer of 304 costs nothing of GitHub's limit.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::call::Answer;

/// As many as the pages of a busy repository's open pull requests and their comments.
const MOST_ANSWERS: usize = 128;

/// Larger answers are asked for anew: the cache stays below 8 MiB.
const MOST_BYTES: usize = 64 * 1024;

/// Answers by path, the oldest of which goes first.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<String, Answer>,
    order: VecDeque<String>,
}

impl Cache {
    pub(super) fn answer(&self, path: &str) -> Option<Answer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).answers.get(path).cloned()
    }

    /// Keeps an answer, if it has a tag and is not too large.
    pub(super) fn keep(&self, path: &str, answer: &Answer) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answer.etag.is_none() || answer.body.len() > MOST_BYTES {
            return;
        }
        if kept.answers.insert(path.to_owned(), answer.clone()).is_none() {
            kept.order.push_back(path.to_owned());
        }
        if kept.order.len() > MOST_ANSWERS
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.answers.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(bytes: usize, etag: Option<&str>) -> Answer {
        Answer {
            status: 200,
            etag: etag.map(str::to_owned),
            next: None,
            date: None,
            left: None,
            limit: None,
            location: None,
            body: vec![b' '; bytes].into(),
        }
    }

    #[test]
    fn it_is_bounded_in_number_and_size() {
        let cache = Cache::default();
        for index in 0..=MOST_ANSWERS {
            cache.keep(&format!("/{index}"), &answer(1, Some("\"x\"")));
        }
        assert!(cache.answer("/0").is_none() && cache.answer("/1").is_some());
        cache.keep("/large", &answer(MOST_BYTES + 1, Some("\"x\"")));
        cache.keep("/plain", &answer(1, None));
        assert!(cache.answer("/large").is_none() && cache.answer("/plain").is_none());
    }
}
