//! Whether a text is PromQL that answers with an instant vector, as far as that shows without asking Prometheus.

use promql_parser::parser;
use promql_parser::parser::value::ValueType;
use thiserror::Error;

use super::excerpt::shortened;
use crate::domain::template::{Fill, Template};

/// Longer queries are refused before they are parsed, which bounds the parser's time and its recursion.
const LONGEST_BYTES: usize = 16 * 1024;
/// How deep parentheses may nest: the parser's trees are walked recursively.
const DEEPEST: usize = 100;

/// Why a text can't be asked; goes on after "its PromQL ...".
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum PromQlError {
    /// In the parser's words.
    #[error("does not parse: {0}")]
    Parse(String),
    /// It parses, and its answer has no series.
    #[error("answers with {kind}; expected an instant vector: {advice}")]
    NoVector {
        /// What it answers with.
        kind: &'static str,
        /// How it becomes a vector.
        advice: &'static str,
    },
    /// Not parsed at all.
    #[error("is longer than {LONGEST_BYTES} bytes, or nests deeper than {DEEPEST} parentheses")]
    TooComplex,
}

/// Parses a template as it will be asked, with a sample window; the error comes with the text that was parsed.
pub(super) fn check_template(template: &Template, quantile: Option<f64>) -> Result<(), (PromQlError, String)> {
    let promql = template.fill(&Fill {
        t0_ms: 1_700_000_000_000,
        t1_ms: 1_700_000_010_000,
        load_seconds: 10.0,
        selector: r#"run="RUN""#,
        quantile,
        stage: 0,
    });
    check(&promql).map_err(|error| (error, promql))
}

pub(super) fn check(promql: &str) -> Result<(), PromQlError> {
    if promql.len() > LONGEST_BYTES || depth(promql) > DEEPEST {
        return Err(PromQlError::TooComplex);
    }
    let parsed = parser::parse(promql).map_err(|said| PromQlError::Parse(shortened(&said)))?;
    let (kind, advice) = match parsed.value_type() {
        ValueType::Vector => return Ok(()),
        ValueType::Scalar => ("a scalar", "wrap it in `vector(...)`"),
        ValueType::Matrix => ("a range of samples", "put a function such as `max_over_time(...)` around it"),
        ValueType::String => ("a string", "name a metric"),
    };
    Err(PromQlError::NoVector { kind, advice })
}

/// The deepest nesting of parentheses; those in strings count as well, which errs on the safe side.
fn depth(text: &str) -> usize {
    let deeper = |(now, most): (usize, usize), c| match c {
        b'(' => (now + 1, most.max(now + 1)),
        b')' => (now.saturating_sub(1), most),
        _ => (now, most),
    };
    text.bytes().fold((0, 0), deeper).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_instant_vectors_are_answers() {
        assert_eq!(check(r#"sum by (le) (rate(x_bucket{a="b"}[12338ms] @ 1700000012.345))"#), Ok(()));
        for text in ["x[5m]", "1 + 2", "\"text\"", "", "sum(", "rate(x)", "nonsense(x)", "x{a=}"] {
            assert!(check(text).is_err(), "{text}");
        }
    }

    #[test]
    fn hostile_texts_are_refused_without_recursion() {
        for text in ["(".repeat(2_000_000), "(".repeat(10_000), "-".repeat(16_000), "x+".repeat(8_000)] {
            assert!(check(&text).is_err());
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in r#"[a-z0-9(){}\[\]@"'=~,+*/:. -]{0,40}"#) {
            let _ = check(&text);
        }
    }
}
