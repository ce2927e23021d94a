//! Stacks that misbehave under load, or whose targets are wrong.

use crate::harness::project::Project;

#[tokio::test]
async fn a_service_that_takes_too_much_memory_under_load_is_told_as_that() {
    let project = Project::new().await;
    project.edit("repository/compose.yaml", "    healthcheck:\n", "    mem_limit: 64m\n    healthcheck:\n");
    project.commit("It has its limit");
    project.branch("hungry", "behaviour", "eat_after=60\n");
    let report = project.run(&["test", "hungry", "--format", "json"]).expect(98).json("loadmark.report/1");
    project.assert_nothing_left();
    assert_eq!(report["outcome"], "service-failed: oom");
    assert_eq!(report["failure"]["reason"], "container of `app` was killed for memory (OOMKilled)");
}

#[tokio::test]
async fn a_service_that_ignores_sigterm_goes_all_the_same() {
    let project = Project::new().await;
    project.write("repository/behaviour", "ignore_term\n");
    project.commit("It stays");
    let report = project.run(&["master", "--format", "json"]).expect(0).json("loadmark.report/1");
    project.assert_nothing_left();
    assert_eq!(report["outcome"], "measured");
}

#[tokio::test]
async fn a_target_with_a_wrong_port_is_named() {
    let project = Project::new().await;
    project.configure("timeouts: {", "timeouts: {scrape: 8s, ");
    project.configure("{name: app, port: 8080}", "{name: app, port: 8081, path: /wrong}");
    let failed = project.run(&["master"]).expect(1);
    project.assert_nothing_left();
    let said = failed.stdout + &failed.stderr;
    for part in ["app-1:8081/wrong (http://app:8081/wrong) can't be scraped: ", "check port and path under `targets`"] {
        assert!(said.contains(part), "`{part}` is not in {said}");
    }
}
