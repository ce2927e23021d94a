//! What was probably meant by a word that is not known.

/// Longer words are not compared: the distance takes time that is quadratic in their length.
const LONGEST: usize = 100;

/// ``did you mean `lease`?`` where a candidate is near, else all of them; empty without candidates.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let distance = |candidate: &str| strsim::damerau_levenshtein(&word.to_lowercase(), &candidate.to_lowercase());
    // A third of the word may be wrong: `leese` is `lease`, but `cat` is not `dog`.
    let bearable = (word.chars().count() / 3).clamp(1, 4);
    let comparable = candidates.iter().filter(|candidate| word.len().max(candidate.len()) <= LONGEST);
    let nearest = comparable.map(|candidate| (distance(candidate), *candidate)).min();
    match nearest {
        Some((far, candidate)) if far <= bearable => format!("did you mean `{candidate}`?"),
        _ if candidates.is_empty() => String::new(),
        _ => format!("expected one of `{}`", candidates.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 3] = ["lease", "heartbeat", "poll"];

    #[test]
    fn a_near_word_is_suggested_and_a_far_one_gets_the_list() {
        assert_eq!(suggest("leese", KEYS), "did you mean `lease`?");
        assert_eq!(suggest("HeartBeet", KEYS), "did you mean `heartbeat`?");
        assert_eq!(suggest("timeout", KEYS), "expected one of `lease`, `heartbeat`, `poll`");
        assert_eq!(suggest("anything", []), "");
    }
}
