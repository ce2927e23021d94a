//! Exported measurements.

use insta::assert_snapshot;

use crate::domain::export::{Exported, ExportedRun, ExportedValue};
use crate::domain::history::StoredSeries;
use crate::domain::job::JobKind;
use crate::domain::run::Arm;

use super::super::{Export, ExportFormat};
use super::fixture::{key, run, stored};

/// Two values of a series of these labels; the second is of an invalid round.
fn exported(format: ExportFormat, class: &str, endpoint: &str, q: Option<&str>) -> String {
    let summary = run(1, "a");
    let run = ExportedRun {
        id: summary.id,
        job: summary.job,
        kind: JobKind::NewMaster,
        project: summary.project,
        benchmark: summary.benchmark,
        revision: summary.revision,
        is_master: summary.is_master,
        measurement_hash: summary.measurement_hash,
        class: crate::domain::machine::MachineClass(class.to_owned()),
        started_at: summary.started_at,
    };
    let mut key = key("http_latency", endpoint);
    key.labels.extend(q.map(|q| ("q".to_owned(), q.to_owned())));
    let info = stored().rounds[0].measurements[0].info;
    let series = StoredSeries { benchmark: "http".to_owned(), key, info };
    let mut written = Vec::new();
    let mut export = Export::new(format, &mut written).unwrap();
    for (round, valid, value) in [(1, true, 0.00125), (2, false, -3e-7)] {
        let value = ExportedValue { round, arm: Arm::Baseline, valid, series: 1, value };
        export.row(Exported { run: &run, series: &series, value: &value }).unwrap();
    }
    export.finish().unwrap();
    String::from_utf8(written).unwrap()
}

#[test]
fn as_csv() {
    let csv = exported(ExportFormat::Csv, "lab", "/buy", Some("0.99"));
    assert!(csv.ends_with("\r\n") && csv.matches('\n').count() == csv.matches("\r\n").count());
    assert_snapshot!(csv.replace('\r', ""), @r#"
    run,job,kind,project,benchmark,revision,is_master,measurement_hash,machine_class,started_at,arm,round,valid,query,labels,q,stage,unit,direction,definition,value
    00000001-0000-0000-0000-000000001234,12,new-master,demo,http,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,true,f00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeed,lab,2026-03-04T05:06:07Z,baseline,1,true,http_latency,"{""endpoint"":""/buy"",""q"":""0.99""}",0.99,0,seconds,lower,0000000000000001,0.00125
    00000001-0000-0000-0000-000000001234,12,new-master,demo,http,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,true,f00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeed,lab,2026-03-04T05:06:07Z,baseline,2,false,http_latency,"{""endpoint"":""/buy"",""q"":""0.99""}",0.99,0,seconds,lower,0000000000000001,-3e-7
    "#);
}

#[test]
fn as_json() {
    let json = exported(ExportFormat::Json, "lab", "/buy", None);
    assert_snapshot!(json, @r#"
    {"schema": "loadmark.export/1", "measurements": [
    {"run":"00000001-0000-0000-0000-000000001234","job":12,"kind":"new-master","project":"demo","benchmark":"http","revision":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","is_master":true,"measurement_hash":"f00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeed","machine_class":"lab","started_at":"2026-03-04T05:06:07Z","arm":"baseline","round":1,"valid":true,"query":"http_latency","labels":{"endpoint":"/buy"},"q":null,"stage":0,"unit":"seconds","direction":"lower","definition":"0000000000000001","value":0.00125},
    {"run":"00000001-0000-0000-0000-000000001234","job":12,"kind":"new-master","project":"demo","benchmark":"http","revision":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","is_master":true,"measurement_hash":"f00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeed","machine_class":"lab","started_at":"2026-03-04T05:06:07Z","arm":"baseline","round":2,"valid":false,"query":"http_latency","labels":{"endpoint":"/buy"},"q":null,"stage":0,"unit":"seconds","direction":"lower","definition":"0000000000000001","value":-3e-7}
    ]}
    "#);
    let rows: serde_json::Value = serde_json::from_str(&json).unwrap();
    let csv = exported(ExportFormat::Csv, "lab", "/buy", None);
    let names: Vec<_> = csv.lines().next().unwrap().split(',').collect();
    let mut fields: Vec<_> = rows["measurements"][0].as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_by_key(|field| names.iter().position(|name| name == field));
    assert_eq!(fields, names);
}

#[test]
fn what_labels_hold_stays_in_its_cell_and_is_no_formula() {
    let odd = "=1+1\",\r\n\u{1b}[31m";
    let csv = exported(ExportFormat::Csv, "=cmd|'/c calc'!A1", odd, Some("@SUM(A1)"));
    let mut lines = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<csv::StringRecord> = lines.records().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!((&rows[0][8], &rows[0][15]), ("'=cmd|'/c calc'!A1", "'@SUM(A1)"));
    let labels: serde_json::Value = serde_json::from_str(&rows[0][14]).unwrap();
    assert_eq!((&labels["endpoint"], &labels["q"]), (&odd.into(), &"@SUM(A1)".into()));
    let json: serde_json::Value = serde_json::from_str(&exported(ExportFormat::Json, "=x", odd, None)).unwrap();
    assert_eq!(json["measurements"][1]["machine_class"], "=x");
}

#[test]
fn nothing_is_a_whole_document_too() {
    for (format, whole) in [
        (ExportFormat::Json, "{\"schema\": \"loadmark.export/1\", \"measurements\": [\n]}\n"),
        (ExportFormat::Csv, "run,job,kind,"),
    ] {
        let mut written = Vec::new();
        Export::new(format, &mut written).unwrap().finish().unwrap();
        assert!(String::from_utf8(written).unwrap().starts_with(whole));
    }
}
