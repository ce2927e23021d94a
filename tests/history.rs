//! The history of a query: over stored runs, by the library and by the binary.

use std::collections::BTreeMap;

use loadmark::domain::fault::Fault;
use loadmark::domain::history::{Break, PastAsked, PastRun, SeriesFilter, SeriesHistory};
use loadmark::domain::job::JobRequest;
use loadmark::domain::limit::Unit;
use loadmark::domain::machine::MachineClass;
use loadmark::domain::run::{MeasurementHash, NewRun, RoundResult};
use serde_json::{Value, json};

use crate::harness::postgres::database;
use crate::harness::project::Project;
use crate::harness::{samples, stored};

/// A round in which every one of three series has this value.
fn round(number: u16, value: f64) -> RoundResult {
    let mut round = samples::round(number, 3);
    round.measurements.iter_mut().for_each(|one| one.value = value);
    round
}

/// A request for a master set of a revision whose digits are all this one.
fn request(project: &str, digit: char) -> JobRequest {
    JobRequest { project: project.to_owned(), revision: samples::revision(digit), ..samples::request() }
}

fn filter() -> SeriesFilter {
    SeriesFilter {
        project: "shop".to_owned(),
        query: Some("http_latency".to_owned()),
        labels: BTreeMap::from([("endpoint".to_owned(), "/items/1".to_owned())]),
        ..SeriesFilter::default()
    }
}

/// The only series, as segments of revisions' first digits and medians.
fn points(histories: &[SeriesHistory]) -> Vec<Vec<(String, f64)>> {
    let [history] = histories else { panic!("not one series: {histories:?}") };
    let point = |point: &loadmark::domain::history::HistoryPoint| {
        (point.revision.to_string()[..1].to_owned(), point.side.median)
    };
    history.segments.iter().map(|segment| segment.points.iter().map(point).collect()).collect()
}

fn point(digit: &str, median: f64) -> (String, f64) {
    (digit.to_owned(), median)
}

#[tokio::test]
async fn master_sets_make_a_line_of_medians_over_valid_rounds() {
    let database = database().await;
    let store = database.connect().await;
    let save = async |digit: char, rounds: &[RoundResult], edit: fn(&mut NewRun)| {
        stored::run(&store, &request("shop", digit), rounds, edit).await
    };
    save('a', &[round(1, 1.0), round(2, 5.0), round(3, 2.0)], |_| ()).await;
    let mut half = [round(1, 4.0), round(2, 99.0)];
    half[1].faults = vec![Fault::ProcessRestarted { target: "shop-1".to_owned() }];
    save('b', &half, |_| ()).await;
    half[0].faults = half[1].faults.clone();
    save('c', &half, |_| ()).await;
    save('d', &[round(1, 3.0)], |run| run.is_master = false).await;
    let taken = save('e', &[round(1, 8.0)], |_| ()).await;
    store.invalidate(taken.id, "the host was busy", "ada").await.unwrap();
    save('f', &[round(1, 6.0)], |run| run.project = "bank".to_owned()).await;

    let found = store.history(&filter(), 10).await.unwrap();
    assert_eq!(points(&found), [[point("a", 2.0), point("b", 4.0)]]);
    assert_eq!(found[0].segments[0].points[0].side.values, [1.0, 5.0, 2.0]);
    let all = SeriesFilter { all_runs: true, ..filter() };
    let with_tests = store.history(&all, 10).await.unwrap();
    assert_eq!(points(&with_tests), [[point("a", 2.0), point("b", 4.0), point("d", 3.0)]]);
    assert_eq!(points(&store.history(&all, 2).await.unwrap()), [[point("b", 4.0), point("d", 3.0)]]);

    let keys = async |edit: fn(&mut SeriesFilter)| {
        let mut filter = filter();
        edit(&mut filter);
        let found = store.history(&filter, 10).await.unwrap();
        found.iter().map(|one| (one.key.labels["endpoint"].clone(), one.key.stage)).collect::<Vec<_>>()
    };
    let key = |endpoint: &str, stage| (endpoint.to_owned(), stage);
    assert_eq!(keys(|_| ()).await, [key("/items/1", 0)]);
    let all = [key("/items/0", 1), key("/items/1", 0), key("/items/2", 0)];
    assert_eq!(keys(|filter| filter.labels.clear()).await, all);
    assert_eq!(keys(|filter| filter.labels = BTreeMap::from([("q".to_owned(), "0.99".to_owned())])).await, all);
    let second_stage = |filter: &mut SeriesFilter| (filter.labels.clear(), filter.stage = Some(1)).1;
    assert_eq!(keys(second_stage).await, [key("/items/0", 1)]);
    assert_eq!(keys(|filter| filter.benchmark = Some("buy".to_owned())).await, []);
}

#[tokio::test]
async fn what_is_not_comparable_begins_a_new_segment() {
    let database = database().await;
    let store = database.connect().await;
    let rounds = |value| [round(1, value)];
    let save = async |digit: char, rounds: [RoundResult; 1], edit: fn(&mut NewRun)| {
        stored::run(&store, &request("shop", digit), &rounds, edit).await;
    };
    save('a', rounds(1.0), |_| ()).await;
    save('b', rounds(2.0), |run| run.measurement_hash = MeasurementHash("ff".repeat(32))).await;
    save('c', rounds(3.0), |run| run.class = MachineClass("laptop".to_owned())).await;
    let mut edited = rounds(4.0);
    edited[0].measurements.iter_mut().for_each(|one| one.info.definition.0 = 2);
    save('d', edited, |_| ()).await;
    let mut counted = rounds(5.0);
    counted[0].measurements.iter_mut().for_each(|one| one.info.unit = Unit::Count);
    save('e', counted, |_| ()).await;

    let found = store.history(&filter(), 10).await.unwrap();
    let one = |digit, median| vec![point(digit, median)];
    assert_eq!(points(&found), [one("a", 1.0), one("b", 2.0), one("c", 3.0), one("d", 4.0), one("e", 5.0)]);
    let breaks: Vec<_> = found[0].segments.iter().map(|segment| segment.breaks.clone()).collect();
    let expected = [
        vec![],
        vec![Break::MeasurementHash],
        vec![Break::MeasurementHash, Break::MachineClass],
        vec![Break::MeasurementHash, Break::Definition],
        vec![Break::Unit, Break::Definition],
    ];
    assert_eq!(breaks, expected);
}

/// A project with three master sets, of which the last is slower, and a test.
async fn project() -> Project {
    let project = Project::new().await;
    let store = project.database.connect().await;
    for (digit, value) in [('a', 0.001), ('b', 0.001), ('c', 0.002), ('d', 0.003)] {
        let rounds = [round(1, value), round(2, value)];
        stored::run(&store, &request(project.name(), digit), &rounds, |run| run.is_master = digit != 'd').await;
    }
    project
}

#[tokio::test]
async fn the_binary_tells_it_as_text_json_and_markdown() {
    let project = project().await;
    let args = ["history", "http_latency", "--label", "endpoint=/items/0", "--stage", "2"];
    let text = project.run(&args).expect(0).stdout;
    let first = r#"http_latency{endpoint="/items/0",q="0.99"} stage 2, benchmark browse: 3 runs, lower is better"#;
    assert!(text.starts_with(&format!("{first}\n  ▁▁█  1 ms to 2 ms\n  revision ")), "{text}");
    assert!(text.lines().last().unwrap().ends_with("2 ms   ±0.0%   +100%"), "{text}");
    let told = project.json(&args, "loadmark.history/1");
    let series = &told["series"][0];
    assert_eq!((&told["project"], &series["stage"]), (&project.name().into(), &1.into()));
    let of = |points: &Value, field: &str| -> Vec<Value> {
        points.as_array().unwrap().iter().map(|point| point[field].clone()).collect()
    };
    let points = &series["segments"][0]["points"];
    assert_eq!(of(points, "median"), [json!(0.001), json!(0.001), json!(0.002)]);
    assert_eq!(of(points, "change"), [Value::Null, json!(0.0), json!(1.0)]);
    let markdown = project.run(&[&args[..], &["--format", "markdown"]].concat()).expect(0).stdout;
    assert!(
        markdown.starts_with("### `http_latency{endpoint=\"/items/0\",q=\"0.99\"} stage 2`, benchmark"),
        "{markdown}"
    );
    let all = project.json(&[&args[..], &["--all", "--limit", "2"]].concat(), "loadmark.history/1");
    let points = &all["series"][0]["segments"][0]["points"];
    assert_eq!(
        (of(points, "master"), of(points, "median")),
        (vec![json!(true), json!(false)], vec![json!(0.002), json!(0.003)])
    );
}

#[tokio::test]
async fn what_is_not_stored_is_answered_with_what_is() {
    let project = project().await;
    let refused = |args: &[&str]| project.plain(&project.run(&[&["history"], args].concat()).expect(2).stderr);
    assert_eq!(
        refused(&["http_latensy"]),
        "loadmark: project `NAME` has no results of a query `http_latensy`: did you mean `http_latency`?\n"
    );
    let told = refused(&["http_latency", "--label", "endpoint=/items/9"]);
    let expected = "loadmark: no series of query `http_latency` is as asked; there are http_latency{endpoint=\"/items/";
    assert!(told.starts_with(expected) && told.ends_with(" of benchmark browse\n"), "{told}");
    refused(&["http_latency", "--benchmark", "buy"]);
    refused(&["http_latency", "--stage", "0"]);
    assert!(refused(&["http_latency", "--label", "endpoint"]).contains("expected NAME=VALUE"));
    project.database.execute("UPDATE runs SET is_master = false").await;
    let text = project.run(&["history", "http_latency"]).expect(0).stdout;
    assert_eq!(text, "no runs; `--all` takes those that are no master sets, too\n");
    let empty = Project::new().await;
    let told = empty.plain(&empty.run(&["history", "http_latency"]).expect(2).stderr);
    assert_eq!(told, "loadmark: project `NAME` has no results yet; `loadmark master` measures\n");
}

#[tokio::test]
async fn the_past_of_a_candidate_is_the_nearest_comparable_master_sets_with_the_medians_of_as_many_rounds() {
    let database = database().await;
    let store = database.connect().await;
    let save = async |digit: char, rounds: &[RoundResult], edit: fn(&mut NewRun)| {
        stored::run(&store, &request("shop", digit), rounds, edit).await
    };
    let like = save('a', &[round(1, 1.0), round(2, 5.0), round(3, 2.0), round(4, 9.0)], |_| ()).await;
    // Of rounds in pairs after three by themselves.
    save('b', &[round(4, 4.0), round(5, 5.0)], |_| ()).await;
    let mut half = [round(1, 7.0), round(2, 8.0)];
    half[1].faults = vec![Fault::ProcessRestarted { target: "shop-1".to_owned() }];
    save('c', &half, |_| ()).await;
    save('d', &[round(1, 9.0)], |run| run.is_master = false).await;
    save('e', &[round(1, 9.0)], |run| run.measurement_hash = MeasurementHash("ff".repeat(32))).await;
    save('f', &[round(1, 9.0)], |run| run.class = MachineClass("laptop".to_owned())).await;
    let taken = save('0', &[round(1, 9.0)], |_| ()).await;
    store.invalidate(taken.id, "the host was busy", "ada").await.unwrap();
    let mut edited = round(1, 3.0);
    edited.measurements.truncate(1);
    edited.measurements[0].info.definition.0 = 2;
    save('1', &[edited], |_| ()).await;

    save('2', &[round(1, 9.0)], |_| ()).await;

    // Of another branch is 2; the nearest is 1, though a was measured before it.
    let revisions: Vec<_> = "1bacdef0".chars().map(samples::revision).collect();
    let (hash, class) = (&like.measurement_hash, &like.class);
    let all =
        PastAsked { project: "shop", benchmark: "browse", hash, class, revisions: &revisions, rounds: 3, most: 30 };
    let past = async |asked: &PastAsked<'_>| {
        let found = store.past_master_sets(asked).await.unwrap();
        let medians = |run: &PastRun| run.medians.iter().map(|one| one.median).collect::<Vec<_>>();
        let told = found.iter().map(|run| (run.revision.to_string().remove(0), medians(run))).collect::<Vec<_>>();
        (found, told)
    };
    let (found, told) = past(&all).await;
    assert_eq!(told, [('a', vec![2.0; 3]), ('b', vec![4.5; 3]), ('1', vec![3.0])]);
    assert_eq!(found[2].medians[0].info.definition.0, 2);
    assert_eq!(found[2].medians[0].key.labels["endpoint"], "/items/0");
    assert_eq!(past(&PastAsked { most: 2, ..all }).await.1, told[1..]);
    let turned: Vec<_> = revisions.iter().rev().cloned().collect();
    let of_turned = past(&PastAsked { revisions: &turned, rounds: 1, ..all }).await.1;
    assert_eq!(of_turned, [('1', vec![3.0]), ('b', vec![4.0; 3]), ('a', vec![1.0; 3])]);
    assert_eq!(past(&PastAsked { benchmark: "buy", ..all }).await.1, []);
}
