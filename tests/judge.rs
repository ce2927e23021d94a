//! `judge` by the binary: recorded data in, verdicts and exit codes out, without a configuration.

use std::fmt::Write;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::program::{Finished, Started};

/// A folder without a configuration.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn with(self, name: &str, text: &str) -> Self {
        std::fs::write(self.0.path().join(name), text).unwrap();
        self
    }

    fn run(&self, args: &[&str]) -> Finished {
        Started::new(self.0.path(), &[&["judge"], args].concat(), &[]).finish()
    }

    fn json(&self, args: &[&str], code: i32) -> Value {
        let schema = if args.contains(&"--history") { "loadmark.changes/1" } else { "loadmark.judgement/1" };
        self.run(&[args, &["--format", "json"]].concat()).expect(code).json(schema)
    }
}

/// Noise between -1 and 1, the same at every run.
fn noise(at: u64) -> f64 {
    let bits = (at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((bits >> 11) as f64 / (1_u64 << 52) as f64) - 1.0
}

/// Sixteen pairs a series, in which the candidate is so many times the baseline.
fn rounds(series: &[(&str, f64)]) -> String {
    let mut text = "series,pair,side,value\n".to_owned();
    for (which, (name, factor)) in (0_u64..).zip(series) {
        for pair in 1..=16_u64 {
            let at = which * 100 + pair * 2;
            let (one, other) = (1.0 + 0.01 * noise(at), factor * (1.0 + 0.01 * noise(at + 1)));
            writeln!(text, "{name},{pair},baseline,{one}\n{name},{pair},candidate,{other}").unwrap();
        }
    }
    text
}

#[test]
fn recorded_rounds_are_judged_and_the_exit_code_tells() {
    let folder = Folder::new()
        .with("slower.csv", &rounds(&[("p50 /buy", 1.1), ("p50 /", 1.0)]))
        .with("same.csv", &rounds(&[("p50 /", 1.0)]))
        .with("faster.csv", &rounds(&[("p50 /", 0.8)]));
    let judged = folder.json(&["--input", "slower.csv"], 99);
    assert_eq!(judged["verdict"], "regression");
    let [buy, root] = judged["series"].as_array().unwrap().as_slice() else { panic!("{judged}") };
    assert_eq!(
        (&buy["series"], &buy["verdict"], &buy["method"]),
        (&"p50 /buy".into(), &"regression".into(), &"paired".into())
    );
    assert_eq!((&root["verdict"], &root["pairs"]), (&"unchanged".into(), &16.into()));
    let effect = |field: &str| buy[field].as_f64().unwrap();
    assert!(effect("lower") > 0.08 && effect("lower") < effect("estimate") && effect("estimate") < effect("upper"));
    assert!((effect("estimate") - 0.1).abs() < 0.01, "{buy}");
    assert_eq!(folder.json(&["--input", "same.csv"], 0)["verdict"], "unchanged");
    assert_eq!(folder.json(&["--input", "faster.csv"], 0)["verdict"], "improvement");
    folder.run(&["--input", "slower.csv", "--fail-on", "never"]).expect(0);
    let wide = folder.json(&["--input", "slower.csv", "--limit", "25%"], 0);
    assert_eq!(wide["series"][0]["limit"]["relative"], 0.25);
    let text = folder.run(&["--input", "slower.csv"]).expect(99);
    assert!(text.stdout.starts_with("REGRESSION: 2 series (2 primary) over 16 pairs; one look, after 16 pairs; "));
    assert_eq!(text.stderr, "");
}

#[test]
fn looks_end_where_all_is_decided() {
    let folder = Folder::new().with("rounds.csv", &rounds(&[("p50 /buy", 1.3), ("p50 /", 1.0)]));
    let judged = folder.json(&["--input", "rounds.csv", "--looks", "10,12,16,40"], 99);
    assert_eq!((&judged["pairs"], &judged["recorded"]), (&10.into(), &16.into()));
    assert_eq!(judged["looks"], serde_json::json!([10]));
    let refused = folder.run(&["--input", "rounds.csv", "--looks", "12,10"]).expect(2);
    assert!(refused.stderr.contains("--looks are numbers of pairs that grow"), "{}", refused.stderr);
}

#[test]
fn where_nothing_decides_all_pairs_are_looked_at() {
    let secondary = rounds(&[("p50 /", 1.1)]).replace("value\n", "value,primary\n");
    let secondary: String = secondary
        .lines()
        .enumerate()
        .map(|(line, text)| if line == 0 { format!("{text}\n") } else { format!("{text},false\n") })
        .collect();
    let folder = Folder::new().with("told.csv", &secondary);
    let judged = folder.json(&["--input", "told.csv", "--looks", "10,16", "--fail-on", "never"], 0);
    assert_eq!((&judged["pairs"], &judged["looks"]), (&16.into(), &serde_json::json!([16])));
    assert_eq!(judged["series"][0]["verdict"], "regression", "{judged}");
}

#[test]
fn too_few_pairs_to_show_anything_are_said() {
    let text = rounds(&[("a", 2.0)]);
    let few: Vec<&str> = text.lines().take(1 + 2 * 3).collect();
    let folder = Folder::new().with("few.csv", &few.join("\n"));
    let judged = folder.json(&["--input", "few.csv"], 4);
    assert_eq!(judged["verdict"], "inconclusive");
    let note = judged["notes"][0].as_str().unwrap();
    assert!(note.starts_with("3 pairs can show nothing at 1 primary series: with fewer than 5 "), "{note}");
}

#[test]
fn odd_series_get_their_verdicts_and_spoil_no_other() {
    let mut text = rounds(&[("good", 1.0)]);
    for pair in 1..=16 {
        writeln!(text, "negative,{pair},baseline,-1\nnegative,{pair},candidate,1").unwrap();
        writeln!(text, "zero,{pair},baseline,0\nzero,{pair},candidate,0").unwrap();
        writeln!(text, "from zero,{pair},baseline,0\nfrom zero,{pair},candidate,1").unwrap();
        writeln!(text, "infinite,{pair},baseline,1\ninfinite,{pair},candidate,inf").unwrap();
        writeln!(text, "left,{pair},baseline,1").unwrap();
        writeln!(text, "came,{pair},candidate,1").unwrap();
        let value = if pair > 4 { "1" } else { "NaN" };
        writeln!(text, "holes,{pair},baseline,1\nholes,{pair},candidate,{value}").unwrap();
        writeln!(text, "empty,{pair},baseline,\nempty,{pair},candidate,").unwrap();
    }
    let judged = Folder::new().with("odd.csv", &text).json(&["--input", "odd.csv"], 4);
    assert_eq!(judged["verdict"], "invalid");
    let told: Vec<_> =
        judged["series"].as_array().unwrap().iter().map(|one| (&one["series"], &one["verdict"])).collect();
    let expected = [
        ("good", "unchanged"),
        ("negative", "invalid"),
        ("zero", "unchanged"),
        ("from zero", "invalid"),
        ("infinite", "invalid"),
        ("left", "gone"),
        ("came", "new"),
        ("holes", "invalid"),
        ("empty", "no-data"),
    ];
    assert_eq!(serde_json::json!(told), serde_json::json!(expected));
}

#[test]
fn ten_thousand_series_take_seconds() {
    let mut text = "series,pair,side,value\n".to_owned();
    for series in 0..10_000_u64 {
        for pair in 1..=20 {
            let (one, other) = (1.0 + 0.02 * noise(series * 64 + pair), 1.0 + 0.02 * noise(series * 64 + pair + 32));
            writeln!(text, "s{series},{pair},baseline,{one}\ns{series},{pair},candidate,{other}").unwrap();
        }
    }
    let folder = Folder::new().with("many.csv", &text);
    let judged = folder.json(&["--input", "many.csv", "--fail-on", "never"], 0);
    assert_eq!(judged["series"].as_array().unwrap().len(), 10_000);
    assert_ne!(judged["verdict"], "regression");
}

#[test]
fn bad_input_is_an_error_of_usage_with_its_line() {
    let folder = Folder::new()
        .with("rounds.csv", "series,pair,side,value\na,1,baseline,1\na,1,baseline,2\n")
        .with("same.csv", &rounds(&[("a", 1.0)]))
        .with("bytes.csv", "series,pair,side,value\n");
    std::fs::write(folder.0.path().join("bytes.csv"), b"series,pair,side,value\na,1,baseline,\xff\n").unwrap();
    let told = |args: &[&str], code| folder.run(args).expect(code).stderr;
    assert_eq!(
        told(&["--input", "rounds.csv"], 2),
        "loadmark: rounds.csv:3: series `a` has a value of the baseline in pair 1 already, in line 2; keep one\n"
    );
    assert_eq!(told(&["--input", "bytes.csv"], 2), "loadmark: bytes.csv:2: is no UTF-8 text; save it as UTF-8\n");
    assert!(told(&["--input", "absent.csv"], 1).starts_with("loadmark: failed to read `absent.csv`: "));
    assert!(told(&["--input", "same.csv", "--limit", "3"], 2).starts_with("loadmark: --limit: limit `3` has no unit"));
    assert!(told(&["--input", "same.csv", "--error", "1.5"], 2).contains("at most 0.5"));
    assert!(told(&[], 2).contains("--input <FILE>"));
    assert!(told(&["--input", "a", "--history", "b"], 2).contains("cannot be used with"));
}

#[test]
fn a_recorded_history_tells_its_steps() {
    let mut text = "series,index,value\n".to_owned();
    for index in 0..80_u64 {
        let level = if index >= 50 { 1.08 } else { 1.0 };
        writeln!(
            text,
            "step,{},{}\nflat,{index},{}",
            index * 10,
            level * (1.0 + 0.02 * noise(index)),
            1.0 + 0.02 * noise(index + 900)
        )
        .unwrap();
    }
    let folder = Folder::new().with("history.csv", &text);
    let found = folder.json(&["--history", "history.csv"], 0);
    let [step, flat] = found["series"].as_array().unwrap().as_slice() else { panic!("{found}") };
    let [point] = step["change_points"].as_array().unwrap().as_slice() else { panic!("{step}") };
    assert!((490..=510).contains(&point["index"].as_i64().unwrap()), "{point}");
    assert!((point["magnitude"].as_f64().unwrap() - 0.08).abs() < 0.015 && point["p"].as_f64().unwrap() <= 0.001);
    assert_eq!((&flat["change_points"], &flat["drift"]), (&serde_json::json!([]), &Value::Null));
    let wide = folder.json(&["--history", "history.csv", "--limit", "20%"], 0);
    assert_eq!(wide["series"][0]["change_points"], serde_json::json!([]));
    let text = folder.run(&["--history", "history.csv"]).expect(0).stdout;
    assert!(
        text.starts_with("step: 80 points\n  +")
            && text.contains(" between 490 and 500 (p ")
            && text.ends_with("flat: 80 points\n  no step, no drift\n"),
        "{text}"
    );
}
