//! How the fake fails when told to.

use std::time::Duration;

/// How.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum How {
    /// This status; nothing is done.
    Status(u16),
    /// It is done, and answered with this status.
    DoneThenStatus(u16),
    /// It is done, and never answered.
    DoneThenSilence,
    /// Nothing is done and nothing answered.
    Silence,
    /// 403 of a secondary limit, with `retry-after` in seconds or only in words.
    Secondary(Option<u64>),
    /// 429 with `retry-after` in seconds.
    TooMany(u64),
    /// 403 as the hour's calls are spent; the next hour begins in so many seconds.
    Spent(u64),
    /// It is done and answered late.
    Slow(Duration),
    /// It is done, and the answer is no JSON.
    Malformed,
    /// A redirect there.
    Redirect(u16, String),
    /// This status with an answer that repeats the `authorization` header.
    Echo(u16),
}

/// A failure that is told to happen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    method: Option<&'static str>,
    path: String,
    times: u32,
    how: How,
}

impl Trouble {
    /// The next call fails.
    pub fn next(how: How) -> Self {
        Self { method: None, path: String::new(), times: 1, how }
    }

    /// Only calls by this method.
    pub fn of(self, method: &'static str) -> Self {
        Self { method: Some(method), ..self }
    }

    /// Only calls whose path has this in it.
    pub fn at(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    /// So many calls.
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }
}

/// Takes the first trouble that a call is meant for.
pub fn take(troubles: &mut Vec<Trouble>, method: &str, path: &str) -> Option<How> {
    let is_meant = |one: &Trouble| one.method.is_none_or(|only| only == method) && path.contains(&one.path);
    let index = troubles.iter().position(is_meant)?;
    let how = troubles[index].how.clone();
    troubles[index].times -= 1;
    if troubles[index].times == 0 {
        troubles.remove(index);
    }
    Some(how)
}
