//! What stands on GitHub: checks, the comment of a pull request, the issue about a regression.

use insta::assert_snapshot;

use super::super::{
    Answer, Body, CheckText, CommentModel, ReportModel, Section, Standing, Words, answer, check, comment, issue,
};
use super::cases;
use super::fixture::{build_failure, comparison, master, regression, unchanged};
use crate::domain::check::{CheckState, Conclusion};
use crate::domain::job::JobKind;
use crate::domain::verdict::Outcome;

pub(super) fn words() -> Words {
    Words { command: "/loadmark".to_owned(), label: "bench".to_owned(), buttons: true }
}

pub(super) fn section(benchmark: &str, standing: Standing) -> Section {
    Section {
        benchmark: benchmark.to_owned(),
        revision: "b".repeat(40).parse().unwrap(),
        standing,
        url: Some(format!("https://loadmark.example/jobs/12?of={benchmark}")),
    }
}

/// The report of a pull request's job.
pub(super) fn tested(mut model: ReportModel) -> Standing {
    model.job = model.job.map(|(job, _)| (job, JobKind::NewTest));
    model.log_folder = None;
    if let Body::Failure(failure) = &mut model.body {
        failure.log = None;
    }
    Standing::Ended(Box::new(model))
}

pub(super) fn comment_of(sections: Vec<Section>) -> CommentModel {
    CommentModel {
        project: "demo".to_owned(),
        head: "b".repeat(40).parse().unwrap(),
        sections,
        earlier: Vec::new(),
        answers: Vec::new(),
        words: words(),
    }
}

/// The text without rows of figures: those are shown by the tests of Markdown.
fn without_rows(text: &str) -> String {
    let is_row = |line: &str| ["| `http_", "| `process_"].iter().any(|start| line.starts_with(start));
    text.lines().filter(|line| !is_row(line)).map(|line| format!("{line}\n")).collect()
}

fn held() -> Standing {
    Standing::Held { reason: "it comes from a fork, and its author may not write here".to_owned() }
}

#[test]
fn a_comment_while_it_is_measured() {
    let queued = Standing::Queued { ahead: Some(2), last_error: None };
    let running = Standing::Running { phase: Some("load, round 2 of 3".to_owned()), last_error: None };
    let model =
        comment_of(vec![section("http", queued), section("soak", running), section("rpc", tested(unchanged()))]);
    assert_snapshot!(without_rows(&comment(&model)), @r#"
    <!-- loadmark:demo:pull -->
    **1 queued, 1 running, 1 unchanged** at bbbbbbbbbbbb

    ### Queued: 2 jobs go first

    benchmark http, bbbbbbbbbbbb

    [Details](<https://loadmark.example/jobs/12?of=http>)

    ### Running: load, round 2 of 3

    benchmark soak, bbbbbbbbbbbb

    [Details](<https://loadmark.example/jobs/12?of=soak>)

    ### Unchanged: 2 series judged, all within their limits; by medians of stored sets

    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

    <details><summary>2 unchanged, 1 without limit</summary>

    | metric | master (n, ± noise) | this commit | change | limit | verdict |
    | --- | ---: | ---: | ---: | --- | --- |

    </details>

    - load: 200/s achieved of 200/s planned (100.0%), 0 of 6000 requests failed
    - machine: class ci-small

    <details><summary>How this was measured, and what to do next</summary>

    - method: medians over rounds
    - master: run 00000001, 3 rounds, 2026-03-04 05:06:07 UTC
    - this run: run 00000002, 3 rounds, 2026-03-04 05:06:07 UTC
    - job: 12, new-test, took 4 min 12 s
    - reproduce locally: `loadmark test bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --base aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa --benchmark http`
    - see every series of this run: `loadmark runs show 00000002-0000-0000-0000-000000001234`

    </details>

    [All of it: every series, phases, logs](<https://loadmark.example/jobs/12?of=rpc>)

    <sub>Commands, in a comment on a line of their own: /loadmark rerun, /loadmark test, /loadmark cancel, /loadmark status, /loadmark help</sub>
    "#);
}

#[test]
fn a_comment_with_a_regression_and_how_it_came_to_that() {
    let mut model = comment_of(vec![section("http", tested(regression()))]);
    let earlier = |standing| Section { revision: "c".repeat(40).parse().unwrap(), ..section("http", standing) };
    let superseded = Standing::Dropped { outcome: Outcome::Superseded, reason: None };
    model.earlier = vec![earlier(superseded), earlier(tested(unchanged()))];
    model.answers = vec![Answer::Unknown("there is no command `tset`".to_owned())];
    assert_snapshot!(without_rows(&comment(&model)), @r#"
    <!-- loadmark:demo:pull -->
    ### Regression: 2 of 5 series are worse, most of all `http_latency_mean{endpoint="/buy"}` by +120% (limit +25% and 300 us); by medians of stored sets

    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

    | metric | master (n, ± noise) | this commit | change | limit | verdict |
    | --- | ---: | ---: | ---: | --- | --- |

    - candidate: 12 of 6000 requests failed (0.20%)

    <details><summary>2 unchanged, 1 without limit</summary>

    | metric | master (n, ± noise) | this commit | change | limit | verdict |
    | --- | ---: | ---: | ---: | --- | --- |

    </details>

    - load: 200/s achieved of 200/s planned (100.0%), 0 of 6000 requests failed
    - machine: class ci-small
    - next: measure again: comment `/loadmark rerun`, or press `Re-run` at its check

    <details><summary>How this was measured, and what to do next</summary>

    - method: medians over rounds
    - master: run 00000001, 3 rounds, 2026-03-04 05:06:07 UTC
    - this run: run 00000002, 3 rounds, 2026-03-04 05:06:07 UTC
    - job: 12, new-test, took 4 min 12 s
    - reproduce locally: `loadmark test bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --base aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa --benchmark http`
    - see every series of this run: `loadmark runs show 00000002-0000-0000-0000-000000001234`

    </details>

    [All of it: every series, phases, logs](<https://loadmark.example/jobs/12?of=http>)

    ---

    That was not understood: `` there is no command `tset` ``. These commands are:

    | command | what it does |
    | --- | --- |
    | `/loadmark test [--benchmark NAME] [--rounds N] [--compare paired] [--base SHA]` | measure the newest commit, all benchmarks or one |
    | `/loadmark rerun` | measure again what was measured last |
    | `/loadmark cancel` | end what waits or runs for this pull request |
    | `/loadmark status` | bring this comment up to date |
    | `/loadmark approve SHA` | let exactly this commit of a stranger run; for those who may write |
    | `/loadmark help` | show this |

    The label `bench` asks for a measurement, too.

    <details><summary>Earlier commits</summary>

    - cccccccccccc, http: Superseded: a newer commit took its place, or the pull request was closed ([details](<https://loadmark.example/jobs/12?of=http>))
    - cccccccccccc, http: Unchanged: 2 series judged, all within their limits; by medians of stored sets ([details](<https://loadmark.example/jobs/12?of=http>))

    </details>

    <sub>Commands, in a comment on a line of their own: /loadmark rerun, /loadmark test, /loadmark cancel, /loadmark status, /loadmark help</sub>
    "#);
}

#[test]
fn a_strangers_commit_is_told_how_it_gets_to_run() {
    let text = check(&section("http", held()), &words());
    assert_eq!(text.title, "Waits for approval: it comes from a fork, and its author may not write here");
    assert_eq!(text.state, CheckState::Completed(Conclusion::ActionRequired));
    assert_snapshot!(text.summary, @r#"
    ### Waits for approval: it comes from a fork, and its author may not write here

    benchmark http, bbbbbbbbbbbb

    Whoever may write to this repository lets exactly this commit run, in one of these ways:

    - comment `/loadmark approve bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb`
    - set the label `bench`
    - press `Approve` at this commit's check

    The next push needs it again.

    [Details](<https://loadmark.example/jobs/12?of=http>)
    "#);
}

#[test]
fn checks_say_how_far_they_are() {
    let line = |standing| {
        let CheckText { state, title, .. } = check(&section("http", standing), &words());
        let word = state.conclusion().map_or_else(|| state.as_str(), Conclusion::as_str);
        format!("{word}: {title}\n")
    };
    let dropped = |outcome| Standing::Dropped { outcome, reason: None };
    let mut infrastructure = build_failure();
    infrastructure.outcome = Outcome::InfrastructureFailed;
    let failed = Some("Docker did not answer".to_owned());
    let all = [
        held(),
        Standing::Queued { ahead: Some(0), last_error: None },
        Standing::Queued { ahead: Some(1), last_error: failed.clone() },
        Standing::Running { phase: None, last_error: None },
        Standing::Running { phase: Some("build".to_owned()), last_error: failed },
        tested(regression()),
        tested(unchanged()),
        tested(build_failure()),
        tested(infrastructure),
        Standing::Ended(Box::new(master())),
        dropped(Outcome::Cancelled),
        dropped(Outcome::Superseded),
        dropped(Outcome::Discarded),
    ];
    assert_snapshot!(all.map(line).concat(), @r#"
    action_required: Waits for approval: it comes from a fork, and its author may not write here
    queued: Queued: it is next
    queued: Queued: one job goes first; the attempt before failed, by no fault of the commit: Docker did not answer
    in_progress: Running: it has just begun
    in_progress: Running: build; the attempt before failed, by no fault of the commit: Docker did not answer
    failure: Regression: 2 of 5 series are worse, most of all http_latency_mean{endpoint="/buy"} by +120% (limit +25% and 300 us); by medians of stored sets
    success: Unchanged: 2 series judged, all within their limits; by medians of stored sets
    failure: Service failed (build): the image of service `shop` does not build
    action_required: Infrastructure failed: the image of service `shop` does not build
    success: Measured: the master set of aaaaaaaaaaaa is stored, 2 valid rounds
    cancelled: Cancelled: somebody stopped it
    cancelled: Superseded: a newer commit took its place, or the pull request was closed
    action_required: Discarded: it was given up after too many attempts
    "#);
}

#[test]
fn a_regression_of_the_default_branch_is_one_issue() {
    let mut model = master();
    assert_eq!(issue(&model, "main", None, &words()), None, "there is nothing before it");
    model.previous = match regression().body {
        Body::Comparison(comparison) => Some(comparison),
        _ => None,
    };
    model.revision = "b".repeat(40).parse().unwrap();
    let told = issue(&model, "main", Some("https://loadmark.example/jobs/12"), &words()).unwrap();
    assert_eq!(told.title, "http is worse on main since bbbbbbbbbbbb");
    assert_snapshot!(without_rows(&told.body), @r#"
    <!-- loadmark:demo:http:issue -->
    On main, between `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` and `bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb`.

    ### Regression: 2 of 5 series are worse, most of all `http_latency_mean{endpoint="/buy"}` by +120% (limit +25% and 300 us); by medians of stored sets

    demo, benchmark http, bbbbbbbbbbbb (main) against master aaaaaaaaaaaa

    | metric | master (n, ± noise) | this commit | change | limit | verdict |
    | --- | ---: | ---: | ---: | --- | --- |

    - candidate: 12 of 6000 requests failed (0.20%)

    <details><summary>2 unchanged, 1 without limit</summary>

    | metric | master (n, ± noise) | this commit | change | limit | verdict |
    | --- | ---: | ---: | ---: | --- | --- |

    </details>

    - load: 200/s achieved of 200/s planned (100.0%), 0 of 6000 requests failed
    - machine: class ci-small
    - next: measure again: `loadmark jobs retry 12`

    <details><summary>How this was measured, and what to do next</summary>

    - method: medians over rounds
    - master: run 00000001, 3 rounds, 2026-03-04 05:06:07 UTC
    - this run: run 00000002, 3 rounds, 2026-03-04 05:06:07 UTC
    - job: 12, new-master, took 4 min 12 s
    - logs: /data/logs/12
    - reproduce locally: `loadmark master bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --benchmark http --force`
    - see every series of this run: `loadmark runs show 00000002-0000-0000-0000-000000001234`

    </details>

    [All of it: verdicts, load, phases, logs](<https://loadmark.example/jobs/12>)

    Close this issue once the regression is mended or accepted; the next one opens another.
    "#);
}

#[test]
fn answers_to_commands() {
    assert_snapshot!(answer(&Answer::Help, &words()), @r#"
    These commands are understood, each on a line of its own:

    | command | what it does |
    | --- | --- |
    | `/loadmark test [--benchmark NAME] [--rounds N] [--compare paired] [--base SHA]` | measure the newest commit, all benchmarks or one |
    | `/loadmark rerun` | measure again what was measured last |
    | `/loadmark cancel` | end what waits or runs for this pull request |
    | `/loadmark status` | bring this comment up to date |
    | `/loadmark approve SHA` | let exactly this commit of a stranger run; for those who may write |
    | `/loadmark help` | show this |

    The label `bench` asks for a measurement, too.
    "#);
}

#[test]
fn what_is_open_and_what_is_better_come_with_the_next_step() {
    let summary = |model| check(&section("http", tested(model)), &words()).summary;
    let open = summary(cases::inconclusive());
    let asked =
        "- next: decide it in pairs of rounds: comment `/loadmark test --benchmark http --compare paired --rounds 58`";
    assert!(open.contains(asked), "{open}");
    assert!(open.contains(" --benchmark http --compare paired --rounds 58`\n- see every series"), "{open}");
    let better = summary(cases::improvement());
    assert!(
        better.contains("- next: make it the new master set, before it is merged: `loadmark master bbbb"),
        "{better}"
    );
    let mut hopeless = cases::inconclusive();
    comparison(&mut hopeless).series[0].estimate.as_mut().unwrap().pairs_needed = Some(430);
    assert!(summary(hopeless).contains("- next: measure again: comment `/loadmark rerun`"));
}
