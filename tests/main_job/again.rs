//! A master set that is stored already: told, not measured; measured anew by force, or where other queries are asked.

use serde_json::Value;

use crate::harness::project::Project;

fn jobs(project: &Project) -> Vec<Value> {
    project.json(&["jobs"], "loadmark.jobs/1")["jobs"].as_array().unwrap().clone()
}

fn stored_runs(project: &Project) -> usize {
    project.json(&["runs"], "loadmark.runs/1")["runs"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_master_set_is_measured_once_unless_forced_or_asked_other_queries() {
    let project = Project::new().await;
    let first = project.json(&["master"], "loadmark.report/1");
    let (run, main) = (first["master"]["run"]["id"].as_str().unwrap(), &project.sha("main")[..12]);

    let again = project.run(&["master"]).expect(0);
    let expected = format!("MEASURED: the master set of {main} is stored since ");
    let headline = again.stdout.lines().next().unwrap();
    assert!(headline.starts_with(&expected), "{headline}");
    assert!(headline.ends_with(&format!(", run {}, 1 valid round: not measured again", &run[..8])), "{headline}");
    assert!(again.stdout.contains(&format!("master {} --benchmark web --force", project.sha("main"))), "{again:?}");
    assert!(!again.stderr.contains("round 1/1"), "{}", again.stderr);
    let told = project.json(&["master"], "loadmark.report/1");
    assert_eq!((&told["outcome"], &told["master"]["run"]["id"]), (&"measured".into(), &run.into()));
    assert_eq!((&told["job"], &told["master"]["run"]["job"]), (&3.into(), &1.into()));
    assert_eq!(stored_runs(&project), 1);
    assert!(
        jobs(&project).iter().all(|job| job["run"] == run && job["outcome"] == "measured" && job["force"] == false)
    );

    project.edit("queries.yaml", "name: window_requests\n", "name: all_requests\n");
    let other = project.json(&["master"], "loadmark.report/1");
    assert_eq!(other["job"], other["master"]["run"]["job"], "another query is asked");
    let forced = project.json(&["master", "--force"], "loadmark.report/1");
    assert_eq!(forced["job"], forced["master"]["run"]["job"], "it was asked to");
    assert_eq!((stored_runs(&project), &jobs(&project)[0]["force"]), (3, &true.into()));
    project.assert_nothing_left();
}
