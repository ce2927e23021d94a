//! PromQL templates: `{{t0}} {{t1}} {{window}} {{load_seconds}} {{selector}} {{quantile}} {{stage}}`, and `D(counter)`.
//!
//! `D(m)` is how much a counter (or each bucket of a histogram) grew in the window, as the exact difference of the
//! scrapes that bound it: `(m @ T1 - (m @ T0 or 0 * m @ T1))`. Unlike `increase` it does not extrapolate, and the
//! `or` keeps a series that was born inside the window. The template's selector joins the matchers of `m`.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

mod difference;
mod quantile;

/// The placeholders that every template may use, as they are written between `{{` and `}}`.
pub const PLACEHOLDERS: [&str; 7] = ["t0", "t1", "window", "load_seconds", "selector", "quantile", "stage"];

/// A text whose placeholders are all known and whose `D(...)` are all sound; made by [`Template::parse`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Template {
    /// As written: what is kept, printed and compared.
    text: String,
    /// With every `D(...)` written out, cut at its placeholders.
    parts: Vec<Part>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    Text(String),
    Placeholder(Placeholder),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Placeholder {
    T0,
    T1,
    Window,
    LoadSeconds,
    Selector,
    Quantile,
    Stage,
}

/// What a quantile's answer rests on.
#[derive(Clone, PartialEq, Debug)]
pub struct QuantileSource {
    /// Which quantile; none: that for which the query is asked.
    pub quantile: Option<f64>,
    /// The buckets of its histograms.
    pub buckets: Template,
}

/// A template that can't be filled in.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum TemplateError {
    /// A placeholder that no one fills.
    #[error("unknown placeholder `{{{{{0}}}}}`; known are {known}", known = PLACEHOLDERS.join(", "))]
    Unknown(String),
    /// `{{` without `}}`, or `D(` without `)`: the text from there on.
    #[error("`{0}` is not closed")]
    Unclosed(String),
    /// `D(...)` around something other than a metric with optional matchers.
    #[error("`D({0})` takes a metric name with optional matchers, such as `D(http_requests_total{{code=\"200\"}})`")]
    NoMetric(String),
}

/// What a template is filled with.
#[derive(Clone, PartialEq, Debug)]
pub struct Fill<'a> {
    /// T0, milliseconds since the Unix epoch.
    pub t0_ms: i64,
    /// T1, milliseconds since the Unix epoch.
    pub t1_ms: i64,
    /// Seconds in which load was on.
    pub load_seconds: f64,
    /// Label matchers without braces, `run="...",round="1",arm="candidate"`.
    pub selector: &'a str,
    /// For queries that are asked once a quantile.
    pub quantile: Option<f64>,
    /// The stage, from 0.
    pub stage: u16,
}

impl Template {
    /// Checks the placeholders and the `D(...)` of a text. Whether the rest is PromQL is not looked at.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        // Placeholders first: a misspelt one inside `D(...)` is reported as that, not as a bad metric name.
        cut(text)?;
        let expanded = difference::expand(text)?;
        let parts = cut(&expanded)?;
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The template as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `{{quantile}}` occurs.
    pub fn has_quantile(&self) -> bool {
        self.parts.contains(&Part::Placeholder(Placeholder::Quantile))
    }

    /// Of a template with one `histogram_quantile(QUANTILE, BUCKETS)`: its arguments.
    pub fn quantile_source(&self) -> Option<QuantileSource> {
        let (quantile, buckets) = quantile::arguments(&self.text)?;
        let buckets = Self::parse(buckets).ok()?;
        match pieces(quantile).ok()?.as_slice() {
            [Piece::Text(""), Piece::Placeholder("quantile"), Piece::Text("")] => {
                Some(QuantileSource { quantile: None, buckets })
            }
            _ => Some(QuantileSource { quantile: Some(quantile.parse().ok()?), buckets }),
        }
    }

    /// The PromQL for one window. Without a quantile `{{quantile}}` becomes `NaN`, which no series survives;
    /// the configuration refuses such queries.
    pub fn fill(&self, fill: &Fill<'_>) -> String {
        let write = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Placeholder(placeholder) => placeholder.value(fill),
        };
        self.parts.iter().map(write).collect()
    }
}

impl TryFrom<String> for Template {
    type Error = TemplateError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.text
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Placeholder {
    fn named(name: &str) -> Result<Self, TemplateError> {
        Ok(match name {
            "t0" => Self::T0,
            "t1" => Self::T1,
            "window" => Self::Window,
            "load_seconds" => Self::LoadSeconds,
            "selector" => Self::Selector,
            "quantile" => Self::Quantile,
            "stage" => Self::Stage,
            unknown => return Err(TemplateError::Unknown(unknown.to_owned())),
        })
    }

    fn value(self, fill: &Fill<'_>) -> String {
        match self {
            Self::T0 => unix_seconds(fill.t0_ms),
            Self::T1 => unix_seconds(fill.t1_ms),
            Self::Window => format!("{}ms", fill.t1_ms - fill.t0_ms),
            Self::LoadSeconds => fill.load_seconds.to_string(),
            Self::Selector => fill.selector.to_owned(),
            Self::Quantile => fill.quantile.unwrap_or(f64::NAN).to_string(),
            Self::Stage => fill.stage.to_string(),
        }
    }
}

/// Replaces the placeholders for which `value_of` has a value, and leaves the others as they are: how the variables
/// of a query set get into its texts before they are parsed as templates.
pub fn substitute(text: &str, value_of: impl Fn(&str) -> Option<String>) -> Result<String, TemplateError> {
    let replace = |piece: Piece<'_>| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Placeholder(name) => value_of(name).unwrap_or_else(|| format!("{{{{{name}}}}}")),
    };
    Ok(pieces(text)?.into_iter().map(replace).collect())
}

/// Seconds with millisecond decimals, as PromQL's `@` takes them.
fn unix_seconds(ms: i64) -> String {
    let (sign, ms) = (if ms < 0 { "-" } else { "" }, ms.unsigned_abs());
    format!("{sign}{}.{:03}", ms / 1000, ms % 1000)
}

enum Piece<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

/// Cuts a text at its `{{name}}`. Of more than two opening braces the last two belong to the placeholder, so that
/// `up{{{selector}}}` is `up{`, the selector and `}`.
fn pieces(text: &str) -> Result<Vec<Piece<'_>>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(found) = rest.find("{{") {
        let run = rest[found..].bytes().take_while(|&b| b == b'{').count();
        let open = found + run - 2;
        let inner = &rest[open + 2..];
        let close = inner.find("}}").ok_or_else(|| TemplateError::Unclosed(excerpt(&rest[open..])))?;
        pieces.push(Piece::Text(&rest[..open]));
        pieces.push(Piece::Placeholder(inner[..close].trim()));
        rest = &inner[close + 2..];
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

fn cut(text: &str) -> Result<Vec<Part>, TemplateError> {
    let part = |piece| match piece {
        Piece::Text(text) => Ok(Part::Text(text.to_owned())),
        Piece::Placeholder(name) => Placeholder::named(name).map(Part::Placeholder),
    };
    pieces(text)?.into_iter().map(part).collect()
}

/// The first line of what is not closed, not too long to print.
fn excerpt(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILL: Fill<'_> = Fill {
        t0_ms: 1_700_000_000_007,
        t1_ms: 1_700_000_012_345,
        load_seconds: 10.25,
        selector: r#"run="r",round="1""#,
        quantile: Some(0.99),
        stage: 2,
    };

    fn filled(text: &str) -> String {
        Template::parse(text).unwrap().fill(&FILL)
    }

    #[test]
    fn every_placeholder_is_filled() {
        assert_eq!(
            filled("{{t0}} {{ t1 }} [{{window}}] {{load_seconds}} {{quantile}} {{stage}}"),
            "1700000000.007 1700000012.345 [12338ms] 10.25 0.99 2"
        );
    }

    #[test]
    fn all_known_placeholders_are_accepted_and_no_others() {
        for name in PLACEHOLDERS {
            assert!(Template::parse(&format!("{{{{{name}}}}}")).is_ok(), "{name}");
        }
        assert_eq!(Template::parse("{{windw}}"), Err(TemplateError::Unknown("windw".to_owned())));
        assert_eq!(Template::parse("up{{"), Err(TemplateError::Unclosed("{{".to_owned())));
    }

    #[test]
    fn the_selector_fits_inside_braces_however_they_are_written() {
        assert_eq!(filled("up{ {{selector}} }"), r#"up{ run="r",round="1" }"#);
        assert_eq!(filled("up{{{selector}}}"), r#"up{run="r",round="1"}"#);
        assert_eq!(filled(r#"up{job="x",{{selector}}}"#), r#"up{job="x",run="r",round="1"}"#);
    }

    #[test]
    fn a_difference_is_written_out() {
        assert_eq!(
            filled("sum(D(x_total))"),
            concat!(
                r#"sum((x_total{run="r",round="1"} @ 1700000012.345 - "#,
                r#"(x_total{run="r",round="1"} @ 1700000000.007 or 0 * x_total{run="r",round="1"} @ 1700000012.345)))"#,
            )
        );
    }

    #[test]
    fn only_a_quantile_placeholder_makes_a_quantile_template() {
        assert!(Template::parse("f({{quantile}}, x)").unwrap().has_quantile());
        assert!(!Template::parse("histogram_quantile(0.5, x)").unwrap().has_quantile());
    }

    #[test]
    fn a_quantile_rests_on_its_buckets() {
        let source = |text: &str| Template::parse(text).unwrap().quantile_source();
        let buckets = Template::parse("sum by (le) (D(x_bucket))").unwrap();
        let found = source("histogram_quantile({{ quantile }}, sum by (le) (D(x_bucket)))").unwrap();
        assert_eq!(found, QuantileSource { quantile: None, buckets: buckets.clone() });
        let found = source("histogram_quantile(0.9, sum by (le) (D(x_bucket)))").unwrap();
        assert_eq!(found, QuantileSource { quantile: Some(0.9), buckets });
        assert_eq!(source("histogram_quantile(scalar(q), x)"), None);
        assert_eq!(source("D(x_sum) / D(x_count)"), None);
    }

    #[test]
    fn it_is_kept_as_written_and_checked_when_read_back() {
        let template = Template::parse("D(x_total)").unwrap();
        let json = serde_json::to_string(&template).unwrap();
        assert_eq!(json, r#""D(x_total)""#);
        assert_eq!(serde_json::from_str::<Template>(&json).unwrap(), template);
        assert!(serde_json::from_str::<Template>(r#""{{nonsense}}""#).is_err());
    }

    #[test]
    fn substitution_leaves_what_it_does_not_know() {
        let value = |name: &str| (name == "metric").then(|| "http".to_owned());
        assert_eq!(substitute("D({{metric}}{{{selector}}}) {{t0}}", value).unwrap(), "D(http{{{selector}}}) {{t0}}");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in r#"[D(){}"'`#\\ a-z@é]{0,40}"#) {
            if let Ok(template) = Template::parse(&text) {
                template.fill(&FILL);
            }
        }

        #[test]
        fn text_without_braces_or_differences_is_left_alone(text in r#"[a-z0-9_:()\[\]"', é]{0,60}"#) {
            proptest::prop_assert_eq!(filled(&text), text);
        }
    }
}
