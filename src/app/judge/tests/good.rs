//! Recorded data that can be read.

use super::super::histories;
use super::super::rounds::{read, read_limit};
use crate::domain::limit::{Direction, Limit};
use crate::domain::recorded::{RecordedPair, RecordedSeries, Scale};

fn rounds(text: &str) -> Vec<RecordedSeries> {
    read("rounds.csv", text, "3%").unwrap().series
}

fn pair(baseline: impl Into<Option<f64>>, candidate: impl Into<Option<f64>>) -> RecordedPair {
    RecordedPair { baseline: baseline.into(), candidate: candidate.into(), totals: None }
}

#[test]
fn a_series_has_its_values_by_pair_in_whatever_order_they_stand() {
    let text = "series,pair,side,value\n\
                b,2,candidate,4\nb,1,baseline,1\na,2,baseline,5e-3\nb,1,candidate,2\nb,2,baseline,3\na,2,candidate,6\n";
    let series = rounds(text);
    assert_eq!(series.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    assert_eq!(series[0].pairs, [pair(1.0, 2.0), pair(3.0, 4.0)]);
    // Every series has as many pairs.
    assert_eq!(series[1].pairs, [pair(None, None), pair(0.005, 6.0)]);
    let limit = Limit { relative: Some(0.03), absolute: None };
    let first = &series[0];
    assert_eq!(
        (first.direction, first.limit, first.primary, first.nullable),
        (Direction::Lower, Some(limit), true, false)
    );
}

#[test]
fn what_is_said_once_of_a_series_holds_for_all_of_it() {
    let text = "\u{feff}Series, Pair ,side,value,direction,limit,primary,nullable\r\n\
                rps,1,baseline,100,,,,\r\n\"rps\",1,candidate,99,higher,-5% and 2,FALSE,true\r\n";
    let text = text.trim_start_matches('\u{feff}');
    let [series] = rounds(text).try_into().unwrap();
    let limit = Limit { relative: Some(0.05), absolute: Some(2.0) };
    assert_eq!((series.direction, series.limit), (Direction::Higher, Some(limit)));
    assert_eq!((series.primary, series.nullable), (false, true));
}

#[test]
fn limits_have_a_unit_and_may_have_the_sign_that_fits() {
    let limit = |text, direction| read_limit(text, direction).map(|limit| (limit.relative, limit.absolute));
    for text in ["3%", "+3%", " 3 % "] {
        assert_eq!(limit(text, Direction::Lower), Ok((Some(0.03), None)), "{text}");
    }
    assert_eq!(limit("3% and 0.5", Direction::Higher), Ok((Some(0.03), Some(0.5))));
    assert_eq!(limit("-3%", Direction::Higher), Ok((Some(0.03), None)));
    assert_eq!(limit("0%", Direction::Lower), Ok((Some(0.0), None)));
    for text in ["3", "0.03", "-3%", "3 percent", "3%%", "", "%", "+-3%", "NaN%", "3% and 3%", "inf%"] {
        assert!(limit(text, Direction::Lower).is_err(), "{text}");
    }
    assert!(limit("100%", Direction::Higher).is_err());
}

#[test]
fn missing_values_are_told_and_infinite_ones_left_to_the_judge() {
    let text = "series,pair,side,value,host\n\
                a,1,baseline,1,x\na,1,candidate,NaN,x\na,2,baseline,,x\na,2,candidate,inf,x\na,3,baseline,-1,x\n";
    let found = read("rounds.csv", text, "3%").unwrap();
    assert_eq!(found.series[0].pairs, [pair(1.0, None), pair(None, f64::INFINITY), pair(-1.0, None)]);
    assert_eq!(
        found.notes,
        ["column `host` is not used", "2 values are missing, the first in line 3: such pairs are left out"]
    );
}

#[test]
fn shares_have_the_events_that_they_are_of() {
    let text = "series,pair,side,value,limit,total\n\
                a,1,baseline,0,,1600\na,1,candidate,0.01,,1500\na,2,baseline,0,,1600\na,2,candidate,,,1700\n\
                b,1,baseline,0,0% and 0.02,9\nb,1,candidate,1,,8\nc,1,baseline,1,,\nc,1,candidate,2,,\n";
    let [a, b, c] = rounds(text).try_into().unwrap();
    assert_eq!(a.pairs, [RecordedPair { totals: Some((1600.0, 1500.0)), ..pair(0.0, 0.01) }, pair(0.0, None)]);
    assert_eq!((a.scale, b.scale, c.scale), (Scale::Difference, Scale::Difference, Scale::Ratio));
    assert_eq!(a.limit, Some(Limit { relative: None, absolute: Some(0.001) }));
    assert_eq!(b.limit, Some(Limit { relative: Some(0.0), absolute: Some(0.02) }));
    assert_eq!(c.limit, Some(Limit { relative: Some(0.03), absolute: None }));
}

#[test]
fn histories_are_ordered_by_index_and_their_gaps_are_told() {
    let text = "index,value,series\n30,3,a\n-10,1,a\n20,,a\n7,5,b\n";
    let (found, notes) = histories::read("history.csv", text).unwrap();
    let told: Vec<_> = found.iter().map(|one| (one.series.as_str(), one.points.as_slice())).collect();
    assert_eq!(told, [("a", &[(-10, 1.0), (30, 3.0)][..]), ("b", &[(7, 5.0)])]);
    assert_eq!(notes, ["values missing: 1, the first in line 4; they are left out"]);
}
