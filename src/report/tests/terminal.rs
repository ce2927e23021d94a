//! The terminal: comparisons of stored sets.

use insta::assert_snapshot;

use crate::domain::verdict::Verdict;

use super::super::{Colours, ReportModel, Style, text};
use super::fixture::{NARROW, WIDE, because, compared, comparison, latency, regression, unchanged};

#[test]
fn a_regression() {
    assert_snapshot!(text(&regression(), WIDE), @r#"
    REGRESSION: 2 of 5 series are worse, most of all http_latency_mean{endpoint="/buy"} by +120% (limit +25% and 300 us); by medians of stored sets
    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

      verdict      series                                        master    this commit  change  limit
      regression   http_latency_mean{endpoint="/buy"}      4.1 ms ±2.0%  9.02 ms ±2.0%   +120%  +25% and 300 us
      regression   http_latency_mean{endpoint="/cart"}    1.24 ms ±2.0%  1.71 ms ±2.0%    +38%  +25% and 300 us
      improvement  http_latency_mean{endpoint="/search"}  12.4 ms ±2.0%   6.3 ms ±2.0%    -49%  -20% and 300 us

      2 unchanged, 1 without limit

      note candidate: 12 of 6000 requests failed (0.20%)

      load      200/s achieved of 200/s planned (100.0%), 0 of 6000 requests failed
      master    run 00000001, 3 rounds, 2026-03-04 05:06:07 UTC
      this run  run 00000002, 3 rounds, 2026-03-04 05:06:07 UTC
      machine   class ci-small
      job       12, experiment, took 4 min 12 s
      logs      /data/logs/12

      next      loadmark test bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --benchmark http  measure again
                loadmark runs show 00000002-0000-0000-0000-000000001234                  see every series of this run
    "#);
}

#[test]
fn a_regression_on_a_narrow_terminal() {
    assert_snapshot!(text(&regression(), NARROW), @r#"
    REGRESSION: 2 of 5 series are worse, most of all http_latency_mean{endpoint="/buy"} by +120% (limit +25% and 300 us); by medians of stored sets
    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

      verdict      series
               master    this commit  change  limit
      regression   http_latency_mean{endpoint="/buy"}
         4.1 ms ±2.0%  9.02 ms ±2.0%   +120%  +25% and 300 us
      regression   http_latency_mean{endpoint="/cart"}
        1.24 ms ±2.0%  1.71 ms ±2.0%    +38%  +25% and 300 us
      improvement  http_latency_mean{endpoint="/search"}
        12.4 ms ±2.0%   6.3 ms ±2.0%    -49%  -20% and 300 us

      2 unchanged, 1 without limit

      note candidate: 12 of 6000 requests failed (0.20%)

      load      200/s achieved of 200/s planned (100.0%), 0 of 6000 requests failed
      master    run 00000001, 3 rounds, 2026-03-04 05:06:07 UTC
      this run  run 00000002, 3 rounds, 2026-03-04 05:06:07 UTC
      machine   class ci-small
      job       12, experiment, took 4 min 12 s
      logs      /data/logs/12

      next      loadmark test bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --benchmark http  measure again
                loadmark runs show 00000002-0000-0000-0000-000000001234                  see every series of this run
    "#);
}

#[test]
fn nothing_changed() {
    assert_snapshot!(text(&unchanged(), WIDE), @r#"
    UNCHANGED: 2 series judged, all within their limits; by medians of stored sets
    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

      2 unchanged, 1 without limit

      load      200/s achieved of 200/s planned (100.0%), 0 of 6000 requests failed
      master    run 00000001, 3 rounds, 2026-03-04 05:06:07 UTC
      this run  run 00000002, 3 rounds, 2026-03-04 05:06:07 UTC
      machine   class ci-small
      job       12, experiment, took 4 min 12 s
      logs      /data/logs/12

      next      loadmark runs show 00000002-0000-0000-0000-000000001234  see every series of this run
    "#);
}

#[test]
fn an_improvement() {
    let model = compared(vec![
        latency("/search", Verdict::Improvement, Some(12.4), Some(6.3)),
        latency("/", Verdict::Unchanged, Some(0.52), Some(0.53)),
    ]);
    assert_snapshot!(text(&model, WIDE), @r#"
    IMPROVEMENT: 1 of 2 series is better: http_latency_mean{endpoint="/search"} by -49% (limit -20% and 300 us); by medians of stored sets
    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

      verdict      series                                        master   this commit  change  limit
      improvement  http_latency_mean{endpoint="/search"}  12.4 ms ±2.0%  6.3 ms ±2.0%    -49%  -20% and 300 us

      1 unchanged

      load      200/s achieved of 200/s planned (100.0%), 0 of 6000 requests failed
      master    run 00000001, 3 rounds, 2026-03-04 05:06:07 UTC
      this run  run 00000002, 3 rounds, 2026-03-04 05:06:07 UTC
      machine   class ci-small
      job       12, experiment, took 4 min 12 s
      logs      /data/logs/12

      next      loadmark master bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --benchmark http  make it the new master set
                loadmark runs show 00000002-0000-0000-0000-000000001234                    see every series of this run
    "#);
}

#[test]
fn noise_hides_it() {
    let overlap = "beyond the limit, but the rounds of the two sides overlap";
    let model = compared(vec![
        because(latency("/buy", Verdict::Inconclusive, Some(4.1), Some(5.6)), overlap),
        latency("/", Verdict::Unchanged, Some(0.52), Some(0.53)),
    ]);
    assert_snapshot!(text(&model, WIDE), @r#"
    INCONCLUSIVE: 1 of 2 series may have changed: http_latency_mean{endpoint="/buy"} by +37% (limit +25% and 300 us); not decided by medians of stored sets
    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

      verdict       series                                    master   this commit  change  limit
      inconclusive  http_latency_mean{endpoint="/buy"}  4.1 ms ±2.0%  5.6 ms ±2.0%    +37%  +25% and 300 us
        beyond the limit, but the rounds of the two sides overlap

      1 unchanged

      load      200/s achieved of 200/s planned (100.0%), 0 of 6000 requests failed
      master    run 00000001, 3 rounds, 2026-03-04 05:06:07 UTC
      this run  run 00000002, 3 rounds, 2026-03-04 05:06:07 UTC
      machine   class ci-small
      job       12, experiment, took 4 min 12 s
      logs      /data/logs/12

      next      loadmark test bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --benchmark http --compare paired  decide it in pairs of rounds
                loadmark runs show 00000002-0000-0000-0000-000000001234                                   see every series of this run
    "#);
}

#[test]
fn no_baseline() {
    let model = compared(vec![
        latency("/", Verdict::NoBaseline, None, Some(0.53)),
        latency("/buy", Verdict::NoBaseline, None, Some(4.0)),
    ]);
    assert_snapshot!(text(&model, WIDE), @r#"
    NO BASELINE: measured, but there is no master set to compare with
    demo, benchmark http, bbbbbbbbbbbb (slow-buy)

      2 measured without baseline

      load      200/s achieved of 200/s planned (100.0%), 0 of 6000 requests failed
      this run  run 00000002, 3 rounds, 2026-03-04 05:06:07 UTC
      machine   class ci-small
      job       12, experiment, took 4 min 12 s
      logs      /data/logs/12

      next      loadmark master aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa                 measure the master set
                loadmark test bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --benchmark http  then test again
                loadmark runs show 00000002-0000-0000-0000-000000001234                  see every series of this run
    "#);
}

#[test]
fn no_data_and_new_and_gone() {
    let model = compared(vec![
        latency("/old", Verdict::Gone, Some(2.0), None),
        because(latency("", Verdict::NoData, None, None), "empty answer"),
        because(latency("/new", Verdict::New, None, Some(2.0)), "the baseline has no such series"),
    ]);
    assert_snapshot!(text(&model, WIDE), @r#"
    GONE: 1 of 3 series of the baseline is missing here: http_latency_mean{endpoint="/old"}
    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

      verdict  series                                  master  this commit  change  limit
      gone     http_latency_mean{endpoint="/old"}  2 ms ±2.0%            -       -  +25% and 300 us
      no-data  http_latency_mean{endpoint=""}               -            -       -  +25% and 300 us
        empty answer
      new      http_latency_mean{endpoint="/new"}           -   2 ms ±2.0%       -  +25% and 300 us
        the baseline has no such series

      load      200/s achieved of 200/s planned (100.0%), 0 of 6000 requests failed
      master    run 00000001, 3 rounds, 2026-03-04 05:06:07 UTC
      this run  run 00000002, 3 rounds, 2026-03-04 05:06:07 UTC
      machine   class ci-small
      job       12, experiment, took 4 min 12 s
      logs      /data/logs/12

      next      loadmark test bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --benchmark http  measure again
                loadmark runs show 00000002-0000-0000-0000-000000001234                  see every series of this run
    "#);
}

#[test]
fn no_data_alone() {
    let mut model = compared(vec![because(latency("/", Verdict::NoData, None, None), "empty answer")]);
    assert_snapshot!(text(&model, WIDE).lines().next().unwrap(), @r#"NO DATA: 1 of 1 series has no data: http_latency_mean{endpoint="/"}: empty answer"#);
    comparison(&mut model).series.clear();
    assert_snapshot!(text(&model, WIDE).lines().next().unwrap(), @"NO DATA: nothing could be judged: no primary series has a limit");
}

#[test]
fn a_secondary_regression_does_not_decide() {
    let mut secondary = latency("/buy", Verdict::Regression, Some(4.1), Some(9.02));
    secondary.primary = false;
    let model = compared(vec![secondary, latency("/", Verdict::Unchanged, Some(0.52), Some(0.53))]);
    assert_snapshot!(text(&model, WIDE), @r#"
    UNCHANGED: 1 series judged, within its limit; by medians of stored sets
    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

      verdict       series                                    master    this commit  change  limit
      (regression)  http_latency_mean{endpoint="/buy"}  4.1 ms ±2.0%  9.02 ms ±2.0%   +120%  +25% and 300 us
      (in parentheses: secondary or muted, does not decide the outcome)

      1 unchanged

      load      200/s achieved of 200/s planned (100.0%), 0 of 6000 requests failed
      master    run 00000001, 3 rounds, 2026-03-04 05:06:07 UTC
      this run  run 00000002, 3 rounds, 2026-03-04 05:06:07 UTC
      machine   class ci-small
      job       12, experiment, took 4 min 12 s
      logs      /data/logs/12

      next      loadmark runs show 00000002-0000-0000-0000-000000001234  see every series of this run
    "#);
}

#[test]
fn from_zero() {
    let mut series = latency("/", Verdict::Regression, Some(0.0), Some(2.0));
    series.change = None;
    assert_snapshot!(text(&compared(vec![series]), WIDE).lines().take(5).collect::<Vec<_>>().join("\n"), @r#"
    REGRESSION: 1 of 1 series is worse: http_latency_mean{endpoint="/"} from 0 to 2 ms (limit +25% and 300 us); by medians of stored sets
    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

      verdict     series                           master  this commit    change  limit
      regression  http_latency_mean{endpoint="/"}     0 s   2 ms ±2.0%  from 0 s  +25% and 300 us
    "#);
}

#[test]
fn stored_runs_have_no_job_to_repeat() {
    let model = ReportModel { job: None, elapsed: None, log_folder: None, ..regression() };
    let text = text(&model, WIDE);
    assert!(!text.contains("measure again") && !text.contains("job"), "{text}");
    assert!(text.contains("runs show"), "{text}");
}

#[test]
fn colours_only_when_asked() {
    let coloured = text(&regression(), Style { colours: Colours::On, width: 140 });
    assert!(coloured.starts_with("\u{1b}[1m\u{1b}[31mREGRESSION\u{1b}[0m: "), "{coloured:?}");
    let plain = text(&regression(), WIDE);
    assert!(!plain.contains('\u{1b}'));
    let stripped: String = coloured
        .split('\u{1b}')
        .map(|part| part.split_once('m').map_or(part, |(code, rest)| if code.starts_with('[') { rest } else { part }))
        .collect();
    assert_eq!(stripped.lines().map(str::trim_end).collect::<Vec<_>>(), plain.lines().collect::<Vec<_>>());
}

#[test]
fn a_dirty_tree_is_tested_again_as_such() {
    let mut model = regression();
    model.revision = model.revision.with_dirty_tree("cafe");
    assert!(text(&model, WIDE).contains("loadmark test --dirty --benchmark http"));
}
