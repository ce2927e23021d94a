//! `histogram_quantile(QUANTILE, BUCKETS)`, found in a text: what its answer rests on can be asked as well.

use super::difference::{closing_parenthesis, is_name, token_length};

const FUNCTION: &str = "histogram_quantile";

/// The two arguments of the one call in a text; none where there is no call, or several.
pub(super) fn arguments(text: &str) -> Option<(&str, &str)> {
    let mut found = None;
    let mut rest = text;
    let mut previous = ' ';
    while let Some(first) = rest.chars().next() {
        if let Some(inside) = call(rest, previous) {
            if found.is_some() {
                return None;
            }
            found = Some(split(&inside[..closing_parenthesis(inside)?])?);
        }
        let length = token_length(rest, first);
        previous = rest[..length].chars().next_back().unwrap_or(' ');
        rest = &rest[length..];
    }
    found
}

/// What follows the opening parenthesis, if a call begins here.
fn call(rest: &str, previous: char) -> Option<&str> {
    let after = rest.strip_prefix(FUNCTION).filter(|_| !is_name(previous))?;
    after.trim_start().strip_prefix('(')
}

/// Splits at the first comma that is inside no brackets.
fn split(inside: &str) -> Option<(&str, &str)> {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(first) = inside[at..].chars().next() {
        match first {
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => return Some((inside[..at].trim(), inside[at + 1..].trim())),
            _ => {}
        }
        at += token_length(&inside[at..], first);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_of_the_only_call_are_found_wherever_it_stands() {
        let inner = "sum by (le, a) (D(x_bucket{b=\"(,\"}))";
        for text in [
            format!("histogram_quantile({{{{quantile}}}}, {inner})"),
            format!("1000 * histogram_quantile (\n {{{{quantile}}}} ,{inner} ) and on (a) (D(x_count) > 0)"),
        ] {
            assert_eq!(arguments(&text), Some(("{{quantile}}", inner)), "{text}");
        }
    }

    #[test]
    fn no_call_and_several_are_none() {
        let twice = "histogram_quantile(0.5, a) / histogram_quantile(0.5, b)";
        for text in
            ["x", "my_histogram_quantile(0.5, a)", "histogram_quantile(0.5)", "f(\"histogram_quantile(1, a)\")", twice]
        {
            assert_eq!(arguments(text), None, "{text}");
        }
    }
}
