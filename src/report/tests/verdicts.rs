//! One report of each verdict, decided in pairs of rounds, as people get to read them.

use insta::assert_snapshot;

use super::super::{ReportModel, Style, page, text};
use super::cases::{improvement, inconclusive, regression, same, warned};
use super::fixture::{NARROW, WIDE, because, by_pairs, compared, comparison, in_turns, latency};
use crate::domain::comparison::Evidence;
use crate::domain::limit::{Limit, Unit};
use crate::domain::verdict::{Outcome, Verdict};

/// What is said before the circumstances, and the steps after them.
fn gist(model: &ReportModel, width: Style) -> String {
    let text = text(model, width);
    let is_circumstance = |part: &&str| !part.trim_start().starts_with("load ");
    text.split("\n\n").filter(is_circumstance).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn a_regression() {
    assert_snapshot!(gist(&regression(), WIDE), @r#"
    REGRESSION: 1 of 3 series is worse: http_latency_mean{endpoint="/buy"} by +6.1% (limit +3%); by 16 pairs in turns
    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

      verdict              series                                        master    this commit  change [96.5%]        by        limit
      regression           http_latency_mean{endpoint="/buy"}      4.1 ms ±2.0%  4.35 ms ±2.0%  +6.1% [+4.8%, +7.3%]  16 pairs  +3%
      (regression, muted)  http_latency_mean{endpoint="/search"}   9.3 ms ±2.0%  12.1 ms ±2.0%  +30% [+22%, +39%]     16 pairs  +3%
        muted until 2026-12-31: the index is rebuilt, see #12
      warning              http_latency_mean{endpoint="/cart"}    1.24 ms ±2.0%  1.27 ms ±2.0%  +2.4% [+1.5%, +3.3%]  16 pairs  +2%
        beyond the limit that warns, within the one that fails
      (in parentheses: secondary or muted, does not decide the outcome)

      1 unchanged, 1 without limit

      next      loadmark test bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --benchmark http  measure again
                loadmark runs show 00000002-0000-0000-0000-000000001234                  see every series of this run
    "#);
}

#[test]
fn a_regression_on_a_narrow_terminal() {
    assert_snapshot!(gist(&regression(), NARROW), @r#"
    REGRESSION: 1 of 3 series is worse: http_latency_mean{endpoint="/buy"} by +6.1% (limit +3%); by 16 pairs in turns
    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

      verdict              series
               master    this commit  change [96.5%]        by        limit
      regression           http_latency_mean{endpoint="/buy"}
         4.1 ms ±2.0%  4.35 ms ±2.0%  +6.1% [+4.8%, +7.3%]  16 pairs  +3%
      (regression, muted)  http_latency_mean{endpoint="/search"}
         9.3 ms ±2.0%  12.1 ms ±2.0%  +30% [+22%, +39%]     16 pairs  +3%
        muted until 2026-12-31: the index is rebuilt, see #12
      warning              http_latency_mean{endpoint="/cart"}
        1.24 ms ±2.0%  1.27 ms ±2.0%  +2.4% [+1.5%, +3.3%]  16 pairs  +2%
        beyond the limit that warns, within the one that fails
      (in parentheses: secondary or muted, does not decide the outcome)

      1 unchanged, 1 without limit

      next      loadmark test bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --benchmark http  measure again
                loadmark runs show 00000002-0000-0000-0000-000000001234                  see every series of this run
    "#);
    let widest = text(&regression(), NARROW).lines().skip(2).take(6).map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{widest:?}");
}

#[test]
fn an_improvement_proposes_the_new_master_set() {
    assert_snapshot!(gist(&improvement(), WIDE), @r#"
    IMPROVEMENT: 1 of 1 series is better: http_latency_mean{endpoint="/search"} by -9.0% (limit -2.91%); by 10 pairs in turns
    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

      verdict      series                                        master    this commit  change [96.5%]       by        limit
      improvement  http_latency_mean{endpoint="/search"}  12.4 ms ±2.0%  11.3 ms ±2.0%  -9.0% [-10%, -8.1%]  10 pairs  -2.91%

      next      loadmark master bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --benchmark http  make it the new master set
                loadmark runs show 00000002-0000-0000-0000-000000001234                    see every series of this run
    "#);
}

#[test]
fn unchanged_by_pairs_and_on_history() {
    let mut model = in_turns(compared(vec![same()]), &[10]);
    assert_snapshot!(text(&model, WIDE), @r#"
    UNCHANGED: 1 series judged, within its limit; by 10 pairs in turns
    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

      1 unchanged

      load      200/s achieved of 200/s planned (100.0%), 0 of 6000 requests failed
      pairs     10 valid of 11 measured in turns, looked at after 10
      master    run 00000001, 11 rounds, 2026-03-04 05:06:07 UTC
      this run  run 00000002, 11 rounds, 2026-03-04 05:06:07 UTC
      machine   class ci-small
      job       12, experiment, took 4 min 12 s
      logs      /data/logs/12

      next      loadmark runs show 00000002-0000-0000-0000-000000001234  see every series of this run
    "#);
    comparison(&mut model).pairs = None;
    let series = &mut comparison(&mut model).series[0];
    (series.evidence, series.estimate) = (Evidence::History, None);
    assert_snapshot!(text(&model, WIDE).lines().next().unwrap(), @r#"UNCHANGED: 1 series judged, within its limit; passed on history (11 master sets)"#);
    assert!(text(&model, WIDE).contains("  past      11 master sets, the newest of run 00000001\n"));
    let table = &page(&model).tables[0];
    assert_eq!(table.rows[0].cells[3..], ["+0.0%", "history", "+3%", "unchanged"]);
}

#[test]
fn what_pairs_leave_undecided_is_whether_it_is_worse_whichever_way_it_looks() {
    let open = by_pairs(latency("/buy", Verdict::Inconclusive, Some(4.1), Some(4.06)), [-0.01, -0.09, 0.075], 32);
    let line = text(&in_turns(compared(vec![open]), &[10, 32]), WIDE);
    let row = line.lines().find(|line| line.contains("-1.0% [-9.0%, +7.5%]")).unwrap();
    assert!(row.ends_with("+3%"), "{row}");
}

#[test]
fn a_warning_alone_fails_nothing() {
    let mut model = in_turns(compared(vec![warned()]), &[10, 16]);
    comparison(&mut model).verdict = Verdict::Unchanged;
    model.outcome = Outcome::Verdict(Verdict::Unchanged);
    assert_snapshot!(gist(&model, WIDE), @r#"
    UNCHANGED: 1 series judged, within its limit, with a warning: http_latency_mean{endpoint="/cart"} by +2.4%; by 16 pairs in turns
    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

      verdict  series                                      master    this commit  change [96.5%]        by        limit
      warning  http_latency_mean{endpoint="/cart"}  1.24 ms ±2.0%  1.27 ms ±2.0%  +2.4% [+1.5%, +3.3%]  16 pairs  +2%
        beyond the limit that warns, within the one that fails

      next      loadmark runs show 00000002-0000-0000-0000-000000001234  see every series of this run
    "#);
}

#[test]
fn what_is_open_says_what_would_decide_it() {
    assert_snapshot!(gist(&inconclusive(), WIDE), @r#"
    INCONCLUSIVE: 1 of 2 series may have changed: http_latency_mean{endpoint="/buy"} by +2.1% (limit +3%); not decided by 32 pairs in turns
    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

      verdict         series                                     master   this commit  change [96.5%]        by        limit
      inconclusive    http_latency_mean{endpoint="/buy"}   4.1 ms ±2.0%  4.2 ms ±2.0%  +2.1% [-1.8%, +6.4%]  32 pairs  +3%
        a change of 4.2% would have been seen four times in five; about 58 pairs would decide it: measure with --rounds 58
      (inconclusive)  http_latency_mean{endpoint="/cart"}    2 ms ±2.0%  2.1 ms ±2.0%  +5.0% [-20%, +40%]    32 pairs  +3%
        a change of 31% would have been seen four times in five; it would take about 3400 pairs to decide it, and a job measures 100 at most: lengthen the load window, or widen the limit
      (in parentheses: secondary or muted, does not decide the outcome)

      1 unchanged

      next      loadmark test bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --benchmark http --compare paired --rounds 58  decide it in pairs of rounds
                loadmark runs show 00000002-0000-0000-0000-000000001234                                               see every series of this run
    "#);
    let mut hopeless = inconclusive();
    comparison(&mut hopeless).series[0].estimate.as_mut().unwrap().pairs_needed = Some(430);
    let text = text(&hopeless, WIDE);
    assert!(text.contains("loadmark calibrate bbbb") && !text.contains("--rounds"), "{text}");
}

#[test]
fn no_data() {
    let silent = because(latency("", Verdict::NoData, None, None), "empty answer");
    assert_snapshot!(gist(&in_turns(compared(vec![silent]), &[10]), WIDE), @r#"
    NO DATA: 1 of 1 series has no data: http_latency_mean{endpoint=""}: empty answer
    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

      verdict  series                          master  this commit  change  by  limit
      no-data  http_latency_mean{endpoint=""}       -            -  -       -   +25% and 300 us
        empty answer

      next      loadmark check                                           check the queries
                loadmark runs show 00000002-0000-0000-0000-000000001234  see every series of this run
    "#);
}

#[test]
fn what_is_gone_fails_only_where_it_is_required() {
    let mut required = latency("/old", Verdict::Gone, Some(2.0), None);
    required.required = true;
    let gone = latency("/older", Verdict::Gone, Some(2.0), None);
    let model = in_turns(compared(vec![required, gone.clone(), same()]), &[10]);
    assert_snapshot!(gist(&model, WIDE), @r#"
    GONE: 1 of 3 series of the baseline is missing here: http_latency_mean{endpoint="/old"}; by 10 pairs in turns
    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

      verdict         series                                    master  this commit  change  by  limit
      gone, required  http_latency_mean{endpoint="/old"}    2 ms ±2.0%            -  -       -   +25% and 300 us
      gone            http_latency_mean{endpoint="/older"}  2 ms ±2.0%            -  -       -   +25% and 300 us

      1 unchanged

      next      loadmark test bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --benchmark http  measure again
                loadmark runs show 00000002-0000-0000-0000-000000001234                  see every series of this run
    "#);
    let mut model = in_turns(compared(vec![gone, same()]), &[10]);
    comparison(&mut model).verdict = Verdict::New;
    model.outcome = Outcome::Verdict(Verdict::New);
    assert_snapshot!(text(&model, WIDE).lines().next().unwrap(), @r#"NEW: 1 of 2 series is gone, the others within their limits; by 10 pairs in turns"#);
}

#[test]
fn invalid() {
    let zero = "0 on one side alone in pair 4: a fault of the measurement, unless the query is `nullable`";
    let broken = because(latency("/buy", Verdict::Invalid, Some(2.0), Some(2.0)), zero);
    assert_snapshot!(gist(&in_turns(compared(vec![broken, same()]), &[10]), WIDE), @r#"
    INVALID: 1 of 2 series can't be judged: http_latency_mean{endpoint="/buy"}: 0 on one side alone in pair 4: a fault of the measurement, unless the query is `nullable`
    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

      verdict  series                                  master  this commit  change  by  limit
      invalid  http_latency_mean{endpoint="/buy"}  2 ms ±2.0%   2 ms ±2.0%  +0.0%   -   +25% and 300 us
        0 on one side alone in pair 4: a fault of the measurement, unless the query is `nullable`

      1 unchanged

      next      loadmark test bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --benchmark http  measure again
                loadmark runs show 00000002-0000-0000-0000-000000001234                  see every series of this run
    "#);
}

#[test]
fn differences_are_told_in_the_unit_of_the_series() {
    let mut errors = by_pairs(latency("/buy", Verdict::Regression, Some(0.0), Some(5.0)), [0.005, 0.0031, 0.007], 10);
    errors.unit = Unit::Ratio;
    errors.limit = Some(Limit { relative: None, absolute: Some(0.001) });
    let estimate = errors.estimate.as_mut().unwrap();
    (estimate.is_relative, estimate.upper) = (false, None);
    let told = text(&in_turns(compared(vec![errors]), &[10]), WIDE);
    assert!(told.contains("+0.50pp [+0.31pp, …]"), "{told}");
    assert!(
        told.starts_with(r#"REGRESSION: 1 of 1 series is worse: http_latency_mean{endpoint="/buy"} by +0.50pp (limit"#)
    );
}

#[test]
fn a_tail_of_too_few_requests_is_noted_once_a_stage() {
    let mut tail = by_pairs(latency("/buy", Verdict::Unchanged, Some(4.1), Some(4.1)), [0.0, -0.01, 0.01], 10);
    tail.key.labels.insert("q".to_owned(), "0.999".to_owned());
    let mut other = tail.clone();
    other.key.labels.insert("endpoint".to_owned(), "/cart".to_owned());
    let mut enough = tail.clone();
    enough.key.labels.insert("q".to_owned(), "0.99".to_owned());
    let model = in_turns(compared(vec![tail, other, enough]), &[10]);
    let notes = page(&model).notes;
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].starts_with("too few requests for quantile 0.999: 2000 a round in stage 1, and it takes 10000"));
}
