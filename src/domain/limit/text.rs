//! Limits and values in a unit, as people read them.

use std::fmt;

use super::{Direction, Limit, Unit};

/// A limit with the unit and direction that are needed to print it.
pub struct LimitText<'a>(pub &'a Limit, pub Unit, pub Direction);

impl fmt::Display for LimitText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(limit, unit, direction) = self;
        let sign = if *direction == Direction::Lower { '+' } else { '-' };
        if let Some(relative) = limit.relative {
            write!(f, "{sign}{}%", trim(relative * 100.0))?;
        }
        if let Some(absolute) = limit.absolute {
            let and = if limit.relative.is_some() { " and " } else { "" };
            match unit {
                // Points, so that it can't be taken for a relative change.
                Unit::Ratio => write!(f, "{and}{}pp", trim(absolute * 100.0))?,
                _ => write!(f, "{and}{}", Quantity(absolute, *unit))?,
            }
        }
        Ok(())
    }
}

/// A value in a unit, scaled for reading: `1.24 ms`, `63.1 MiB`, `0.5 %`.
pub struct Quantity(pub f64, pub Unit);

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value, unit) = *self;
        let (scaled, suffix) = match unit {
            Unit::Seconds => scale(value, &[(1.0, " s"), (1e-3, " ms"), (1e-6, " us"), (1e-9, " ns")]),
            Unit::Bytes => {
                scale(value, &[(1_073_741_824.0, " GiB"), (1_048_576.0, " MiB"), (1024.0, " KiB"), (1.0, " B")])
            }
            Unit::Ratio => (value * 100.0, " %"),
            Unit::PerSecond => (value, "/s"),
            Unit::Cores => (value, " cores"),
            Unit::Count => (value, ""),
        };
        write!(f, "{}{suffix}", trim(scaled))
    }
}

fn scale(value: f64, steps: &[(f64, &'static str)]) -> (f64, &'static str) {
    let fitting = steps.iter().find(|(factor, _)| value.abs() >= *factor);
    let (factor, suffix) = if value == 0.0 { steps[0] } else { *fitting.unwrap_or(&steps[steps.len() - 1]) };
    (value / factor, suffix)
}

/// Three significant digits, without trailing zeros; large numbers whole.
fn trim(value: f64) -> String {
    let magnitude = value.abs();
    let digits = match magnitude {
        m if m >= 100.0 || m == 0.0 => 0,
        m if m >= 10.0 => 1,
        m if m >= 1.0 => 2,
        m if m >= 0.1 => 3,
        // A limit of 0.0003 is none of 0.
        m => (2.0 - m.log10().floor()).min(12.0) as usize,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_people_read() {
        let limit = Limit::parse("+25% and 0.3ms", Unit::Seconds, Direction::Lower).unwrap();
        assert_eq!(LimitText(&limit, Unit::Seconds, Direction::Lower).to_string(), "+25% and 300 us");
        let limit = Limit::parse("0.5pp", Unit::Ratio, Direction::Lower).unwrap();
        assert_eq!(LimitText(&limit, Unit::Ratio, Direction::Lower).to_string(), "0.5pp");
        assert_eq!(Quantity(0.001_24, Unit::Seconds).to_string(), "1.24 ms");
        assert_eq!(Quantity(0.0, Unit::Seconds).to_string(), "0 s");
        assert_eq!(Quantity(66_165_145.0, Unit::Bytes).to_string(), "63.1 MiB");
        assert_eq!(Quantity(0.005, Unit::Ratio).to_string(), "0.5 %");
        assert_eq!(Quantity(200.0, Unit::PerSecond).to_string(), "200/s");
    }
}
