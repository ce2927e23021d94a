//! Recorded data that can't be read: each error names the line and what to do.

use super::super::{histories, read_rounds};

#[track_caller]
fn error(text: &str) -> String {
    let files = [("rounds.csv".to_owned(), text.to_owned())];
    read_rounds(&files, "3%").expect_err(text).to_string()
}

/// With lines below the whole header.
#[track_caller]
fn below(lines: &str) -> String {
    error(&format!("series,pair,side,value,direction,limit,primary,nullable\n{lines}"))
}

#[test]
fn headers() {
    for (text, told) in [
        ("", "rounds.csv: is empty; expected CSV with the header `series,pair,side,value`"),
        ("series,pair,side\n", "rounds.csv:1: column `value` is missing; expected the header `series,pair,side,value`"),
        (
            "series,pair,side,valeu\n",
            "rounds.csv:1: column `value` is missing; expected the header `series,pair,side,value`; did you mean `valeu`?",
        ),
        ("series,pair,side,value,limt\n", "rounds.csv:1: unknown column `limt`; did you mean `limit`?"),
        ("series,pair,side,value,pair\n", "rounds.csv:1: column `pair` is there twice; keep one"),
        ("series,pair,side,value\n", "rounds.csv: has a header and no line below it"),
        ("series,pair,side,value\n\n\n", "rounds.csv: has a header and no line below it"),
    ] {
        assert_eq!(error(text), told);
    }
}

#[test]
fn cells() {
    for (lines, told) in [
        (",1,baseline,1,,,,", "rounds.csv:2: the series has no name"),
        ("a,one,baseline,1,,,,", "rounds.csv:2: pair `one` is no whole number; count the pairs from 1"),
        ("a,-1,baseline,1,,,,", "rounds.csv:2: pair `-1` is no whole number; count the pairs from 1"),
        ("a,1,base,1,,,,", "rounds.csv:2: side `base` is none; expected one of `baseline`, `candidate`"),
        ("a,1,canddate,1,,,,", "rounds.csv:2: side `canddate` is none; did you mean `candidate`?"),
        (
            "a,1,baseline,1 ms,,,,",
            "rounds.csv:2: value `1 ms` is no number; write it plainly, such as `0.00124`, and leave it empty where \
             there is none",
        ),
        ("a,1,baseline,1,lowr,,,", "rounds.csv:2: direction `lowr` is none; did you mean `lower`?"),
        ("a,1,baseline,1,,,yes,", "rounds.csv:2: primary `yes` is none; expected `true` or `false`"),
        (
            "a,1,baseline,1,,,,\na,1,candidate,1\n",
            "rounds.csv:3: 4 cells where the header has 8; quote cells that hold a comma",
        ),
    ] {
        assert_eq!(below(lines), told);
    }
}

#[test]
fn limits() {
    let of =
        |limit: &str, direction: &str| below(&format!("a,1,baseline,1,{direction},{limit},,\na,1,candidate,1,,,,"));
    assert_eq!(
        of("3", ""),
        "rounds.csv:2: limit `3` has no unit: write `3%`, or `3% and 0.5` if 0.5 (in the values' unit) must be passed as well"
    );
    assert_eq!(
        of("-3%", ""),
        "rounds.csv:2: limit `-3%`: the sign does not fit direction `lower`, where worse means `+25%`"
    );
    assert!(of("+3%", "higher").contains("the sign does not fit direction `higher`"));
    for text in ["a lot", "%", "3 percent", "3% and 4%"] {
        let told = format!("limit `{text}` is no change such as `3%`, or `0% and 0.5` for an absolute one");
        assert_eq!(of(text, ""), format!("rounds.csv:2: {told}"));
        assert_eq!(of(text, "higher"), format!("rounds.csv:2: {told}"));
    }
    assert_eq!(
        of("100%", "higher"),
        "rounds.csv:2: limit `100%`: nothing falls by all of itself or more; write less than 100%"
    );
    assert!(of("3% and -1", "").starts_with("rounds.csv:2: limit `3% and -1`: the sign does not fit "));
}

#[test]
fn totals() {
    let below = |lines: &str| error(&format!("series,pair,side,value,total\n{lines}"));
    for total in ["0", "-5", "many", "inf", "NaN"] {
        assert_eq!(
            below(&format!("a,1,baseline,0,{total}\n")),
            format!(
                "rounds.csv:2: total `{total}` is no number of events; write how many the value is a share of, more \
                 than 0, or leave it empty"
            )
        );
    }
    assert_eq!(
        below("a,1,baseline,3,1600\n"),
        "rounds.csv:2: value `3` is no share of 1600 events: with a total it is a number from 0 to 1"
    );
    assert_eq!(
        below("a,1,candidate,0,\na,2,candidate,0,\na,1,baseline,0,1600\n"),
        "rounds.csv:2: series `a` has no total of the candidate in pair 1, and one of the baseline in line 4; give \
         both or none"
    );
}

#[test]
fn lines_are_counted_as_editors_count_them() {
    let line = |text: &str| error(text).split(':').nth(1).unwrap().to_owned();
    assert_eq!(line("series,pair,side,value\r\na,1,baseline,1\r\na,1,base,1\r\n"), "3");
    assert_eq!(line("series,pair,side,value\n\na,1,baseline,1\n\n\na,1,base,1\n"), "6");
    assert_eq!(line("series,pair,side,value\r\n\r\na,1,base,1"), "3");
    assert_eq!(line("series,pair,side,value\n\"a\nb\",1,baseline,1\na,1,base,1\n"), "4");
    assert_eq!(line("\r\n\nseries,pair,side\n"), "3");
}

#[test]
fn lines_that_contradict_each_other() {
    let first = "a,1,baseline,1,lower,3%,true,false\n";
    for (line, told) in [
        (
            "a,1,baseline,2,,,,",
            "rounds.csv:3: series `a` has a value of the baseline in pair 1 already, in line 2; keep one",
        ),
        (
            "a,1,candidate,2,higher,,,",
            "rounds.csv:3: direction `higher` contradicts line 2, where series `a` has another; a series has one",
        ),
        (
            "a,1,candidate,2,,5%,,",
            "rounds.csv:3: limit `5%` contradicts line 2, where series `a` has another; a series has one",
        ),
        (
            "a,1,candidate,2,,,false,",
            "rounds.csv:3: primary `false` contradicts line 2, where series `a` has another; a series has one",
        ),
    ] {
        assert_eq!(below(&format!("{first}{line}")), told);
    }
}

#[test]
fn one_side_alone() {
    assert_eq!(
        below("a,1,baseline,1,,,,\nb,1,baseline,1,,,,"),
        "rounds.csv: every line is of side `baseline`: without any of side `candidate` there is nothing to compare"
    );
}

#[test]
fn quotes_that_do_not_end_and_text_that_is_no_csv() {
    assert!(below("\"a,1,baseline,1,,,,").starts_with("rounds.csv:2: 1 cells"), "{}", below("\"a,1,baseline,1,,,,"));
    assert!(error("{\"schema\": ").starts_with("rounds.csv:1: no JSON: "));
    assert!(error("hello").starts_with("rounds.csv:1: column `series` is missing"));
}

#[test]
fn of_histories() {
    let error = |text: &str| histories::read("history.csv", text).expect_err(text).to_string();
    let below = |lines: &str| error(&format!("series,index,value\n{lines}"));
    assert_eq!(error(""), "history.csv: is empty; expected CSV with the header `series,index,value`");
    assert_eq!(below(""), "history.csv: has a header and no line below it");
    assert_eq!(
        below("a,deadbeef,1"),
        "history.csv:2: index `deadbeef` is no whole number; number the commits in their order"
    );
    assert_eq!(below("a,1,1\na,1,2"), "history.csv:3: series `a` has a value at index 1 already, in line 2; keep one");
    assert_eq!(
        below("a,1,-inf"),
        "history.csv:2: value `-inf` is no measurement; leave the cell empty where there is none"
    );
    assert!(below("a,1,x").starts_with("history.csv:2: value `x` is no number"));
}
