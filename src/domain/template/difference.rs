//! `D(metric{matchers})`, written out as the difference of two scrapes.

use super::{TemplateError, excerpt};

/// Writes every `D(metric{matchers})` outside strings and comments out in terms of the other placeholders.
pub(super) fn expand(text: &str) -> Result<String, TemplateError> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    let mut previous = ' ';
    while let Some(first) = rest.chars().next() {
        let step = match difference(rest, previous)? {
            Some((inside, length)) => {
                expanded.push_str(&write_difference(inside)?);
                length
            }
            None => {
                let length = token_length(rest, first);
                expanded.push_str(&rest[..length]);
                length
            }
        };
        previous = rest[..step].chars().next_back().unwrap_or(' ');
        rest = &rest[step..];
    }
    Ok(expanded)
}

/// If `D(...)` begins here, what is inside and how long the whole is.
fn difference(rest: &str, previous: char) -> Result<Option<(&str, usize)>, TemplateError> {
    let Some(after) = rest.strip_prefix('D').filter(|_| !is_name(previous)) else { return Ok(None) };
    let Some(inside) = after.trim_start().strip_prefix('(') else { return Ok(None) };
    let close = closing_parenthesis(inside).ok_or_else(|| TemplateError::Unclosed(excerpt(rest)))?;
    Ok(Some((&inside[..close], rest.len() - inside.len() + close + 1)))
}

/// Where the parenthesis that was opened just before `text` is closed.
pub(super) fn closing_parenthesis(text: &str) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(first) = text[at..].chars().next() {
        match first {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
        at += token_length(&text[at..], first);
    }
    None
}

/// How long the string or comment is that begins here; else the length of the character.
pub(super) fn token_length(text: &str, first: char) -> usize {
    match first {
        '"' | '\'' | '`' => string_length(text, first),
        '#' => text.find('\n').unwrap_or(text.len()),
        _ => first.len_utf8(),
    }
}

/// The length of a quoted string, quotes included; of an unclosed one, the rest. Backquoted strings know no escapes.
fn string_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            _ if c == quote => return index + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

pub(super) fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | ':')
}

fn write_difference(inside: &str) -> Result<String, TemplateError> {
    let wrong = || TemplateError::NoMetric(excerpt(inside));
    let inner = inside.trim();
    let end = inner.find(|c| !is_name(c)).unwrap_or(inner.len());
    let (metric, after) = (&inner[..end], inner[end..].trim_start());
    if metric.is_empty() || metric.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(wrong());
    }
    let matchers = match after {
        "" => "",
        braced => {
            braced.strip_prefix('{').and_then(|b| b.strip_suffix('}')).filter(|m| is_flat(m)).ok_or_else(wrong)?
        }
    };
    let own = matchers.trim().trim_end_matches(',').trim_end();
    let comma = if own.is_empty() { "" } else { "," };
    let series = format!("{metric}{{{own}{comma}{{{{selector}}}}}}");
    Ok(format!("({series} @ {{{{t1}}}} - ({series} @ {{{{t0}}}} or 0 * {series} @ {{{{t1}}}}))"))
}

/// Whether matchers hold no brace of their own, but for those of strings and placeholders: `x{a="b"} + y{c="d"}`
/// begins and ends like one metric, too.
fn is_flat(matchers: &str) -> bool {
    let mut rest = matchers;
    while let Some(first) = rest.chars().next() {
        let length = match (first, rest.strip_prefix("{{").and_then(|after| after.find("}}"))) {
            ('{', Some(close)) => close + 4,
            ('{' | '}', _) => return false,
            _ => token_length(rest, first),
        };
        rest = &rest[length..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grown(series: &str) -> String {
        format!("({series} @ {{{{t1}}}} - ({series} @ {{{{t0}}}} or 0 * {series} @ {{{{t1}}}}))")
    }

    #[test]
    fn own_matchers_are_joined_with_the_selector() {
        let plain = grown("x_total{{{selector}}}");
        for text in ["D(x_total)", "D( x_total )", "D(x_total{})", "D (x_total{ })"] {
            assert_eq!(expand(text).unwrap(), plain, "{text}");
        }
        let matched = grown(r#"x_total{code=~"5..",{{selector}}}"#);
        for text in [r#"D(x_total{code=~"5.."})"#, r#"D(x_total { code=~"5.." , })"#] {
            assert_eq!(expand(text).unwrap(), matched, "{text}");
        }
        assert!(expand(r#"D(x{a="b",{{selector}}})"#).is_ok());
    }

    #[test]
    fn quotes_hide_parentheses_and_braces() {
        let expected = grown(r#"x{path="/a)}\")",{{selector}}}"#);
        assert_eq!(expand(r#"D(x{path="/a)}\")"})"#).unwrap(), expected);
    }

    #[test]
    fn it_is_found_anywhere_but_in_names_strings_and_comments() {
        let d = grown("x{{{selector}}}");
        assert_eq!(expand("sum by (le) (D(x)) / D(x)").unwrap(), format!("sum by (le) ({d}) / {d}"));
        for text in ["STD(x)", "d(x)", "D", "D{a=\"b\"}", r#"f("D(x)")"#, "f(x) # D(x", "a:D(x)", "é"] {
            assert_eq!(expand(text).unwrap(), text);
        }
        assert_eq!(expand("1 # it's\nD(x)").unwrap(), format!("1 # it's\n{d}"));
    }

    #[test]
    fn anything_but_a_metric_is_refused() {
        for text in ["D()", "D(rate(x[1m]))", "D({a=\"b\"})", "D(x offset 5m)", "D(1x)", "D(x{)", "D(x{a=\"b\"} + y{})"]
        {
            assert!(matches!(expand(text), Err(TemplateError::NoMetric(_))), "{text}");
        }
        assert_eq!(expand("1 + D(x{a=\"(\"}"), Err(TemplateError::Unclosed("D(x{a=\"(\"}".to_owned())));
    }
}
