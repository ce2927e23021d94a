//! The Postgres that Loadmark starts by itself: once, reused afterwards, and with a password that nobody sees.

use crate::harness::engine::docker;
use crate::harness::project::Project;

/// A Postgres under its own name; container and volume go with the test.
struct Embedded {
    container: String,
}

impl Embedded {
    fn configure(project: &Project) -> Self {
        project.configure("{url: {env: LOADMARK_TEST_DATABASE}}", &format!("{{embedded: {}}}", project.name()));
        Self { container: format!("loadmark-postgres-{}", project.name()) }
    }

    fn inspect(&self, format: &str) -> String {
        docker(&["inspect", "--format", format, &self.container]).join("\n")
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        docker(&["rm", "--force", &self.container]);
        docker(&["volume", "rm", "--force", &self.container]);
    }
}

#[tokio::test]
async fn it_is_started_once_and_keeps_what_is_stored() {
    let project = Project::new().await;
    let embedded = Embedded::configure(&project);
    assert_eq!(project.run(&["jobs"]).expect(0).stdout, "no jobs\n");
    let first = embedded.inspect("{{.Id}} {{.State.StartedAt}}");
    // A job that is refused at once is enough to see that it is still there.
    project.configure("{repository: compose.yaml}", "{repository: none.yaml}");
    project.run(&["test"]).expect(3);
    assert_eq!(embedded.inspect("{{.Id}} {{.State.StartedAt}}"), first);
    let jobs = || project.json(&["jobs"], "loadmark.jobs/1")["jobs"].as_array().unwrap().len();
    assert_eq!(jobs(), 1);
    docker(&["rm", "--force", &embedded.container]);
    assert_eq!(jobs(), 1, "the volume outlives the container");
    assert_eq!(embedded.inspect("{{(index .HostConfig.PortBindings \"5432/tcp\" 0).HostIp}}"), "127.0.0.1");
}

#[tokio::test]
async fn its_password_is_in_no_environment_and_no_description() {
    let project = Project::new().await;
    let embedded = Embedded::configure(&project);
    let told = project.run(&["jobs"]).expect(0);
    let file = "/var/lib/postgresql/data/loadmark-password";
    let password = docker(&["exec", &embedded.container, "cat", file]).concat();
    assert!(password.len() >= 32, "no password was made");
    // Only its own user may look at the server's processes; those that ended meanwhile are no loss.
    let look = "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2> /dev/null; true";
    let processes = docker(&["exec", "--user", "postgres", &embedded.container, "sh", "-c", look]).concat();
    assert!(processes.contains("POSTGRES_PASSWORD_FILE="), "the environment of no process was seen");
    let seen = [
        ("its processes", processes),
        ("its description", docker(&["inspect", &embedded.container]).concat()),
        ("its volume's", docker(&["volume", "inspect", &embedded.container]).concat()),
        ("its log", docker(&["logs", &embedded.container]).concat()),
        ("what the command says", format!("{told:?}")),
    ];
    for (place, text) in seen {
        assert!(!text.contains(&password), "the password is in {place}");
    }
}
