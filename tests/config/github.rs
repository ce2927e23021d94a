//! The manager, GitHub and schedules, as they should be; and secrets that are not set here.

use loadmark::config::{require_credentials, require_secrets};
use loadmark::domain::rules::{Credentials, GithubSettings, MissingBaseline, TestsWhen};
use loadmark::domain::settings::Secret;
use loadmark::domain::units::Span;

use super::*;

const KEY: &str = "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----\n";
const FULL: &str = r#"
manager:
  listen: "[::1]:9000"
  url: https://bench.example.com/shop/
  concurrency: 2
  projects: [../other/config.yaml]
  api_token: {env: API_TOKEN}
  drain: 0s
  reconcile: 60s
  min_free_space: 512MiB
github:
  repository: Team/shop
  api: http://127.0.0.1:3000/
  app: {id: 12345, key: {file: key.pem}}
  webhook_secret: {env: HOOK_SECRET}
  previous_webhook_secret: {file: old-secret}
  hook: 67890
  command: /bench
  tests: always
  label: measure me
  drafts: true
  ignore: [docs/**, "*.md"]
  benchmarks: [shop]
  missing_baseline: nearest
  regression_issue: true
schedule: [{cron: "0 2 * * 1-5", benchmark: shop}]
queue: {attempts: 5, back_off: 1s}
"#;

/// The good configuration with more of it, and files that the full one names.
fn folder(more: &str) -> Folder {
    let folder = Folder::good();
    folder.write("config.yaml", format!("{CONFIG}{more}"));
    folder.write("key.pem", KEY);
    folder.write("old-secret", "an old secret\n");
    folder
}

fn of(folder: &Folder, variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    load(&folder.path("config.yaml"), &|name| {
        let set = variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned());
        set.or_else(|| environment(name))
    })
}

const ALL: [(&str, &str); 2] = [("API_TOKEN", "hunter2-hunter2-hunter2"), ("HOOK_SECRET", "hunter2-new")];

fn github(more: &str) -> GithubSettings {
    of(&folder(more), &ALL).unwrap().github.unwrap()
}

#[test]
fn everything_that_can_be_said() {
    let folder = folder(FULL);
    let settings = of(&folder, &ALL).unwrap();
    let manager = &settings.manager;
    assert_eq!(manager.listen, "[::1]:9000".parse().unwrap());
    assert_eq!(manager.url.as_deref(), Some("https://bench.example.com/shop"));
    assert_eq!(manager.projects, [folder.0.path().parent().unwrap().join("other/config.yaml")]);
    assert_eq!(manager.api_token, Some(Secret(ALL[0].1.to_owned())));
    assert_eq!((manager.concurrency, manager.min_free_bytes), (2, 512 << 20));
    assert_eq!((manager.drain, manager.reconcile), (Span::seconds(0), Span::seconds(60)));

    let github = settings.github.as_ref().unwrap();
    assert_eq!(github.repository, "team/Shop".parse().unwrap());
    assert_eq!(github.api, "http://127.0.0.1:3000");
    assert_eq!(github.credentials, Credentials::App { id: 12345, key: Secret(KEY.trim().to_owned()) });
    let secrets = ["hunter2-new", "an old secret"].map(|text| Secret(text.to_owned()));
    assert_eq!((github.webhook_secrets.as_slice(), github.hook), (&secrets[..], Some(67890)));
    assert_eq!((github.command.as_str(), github.label.as_str()), ("/bench", "measure me"));
    assert_eq!((github.tests, github.drafts, github.regression_issue), (TestsWhen::Always, true, true));
    assert_eq!((&github.ignore, &github.benchmarks), (&vec!["docs/**".into(), "*.md".into()], &vec!["shop".into()]));
    assert_eq!(github.missing_baseline, MissingBaseline::Nearest);

    let schedule = &settings.schedule[0];
    assert_eq!((schedule.cron.as_str(), schedule.benchmark.as_str()), ("0 2 * * 1-5", "shop"));
    assert_eq!((settings.queue.attempts, settings.queue.back_off), (5, Span::seconds(1)));
    assert_eq!(settings.unset, []);
    assert!(!format!("{settings:?}").contains("hunter2"));
}

/// The reference shows GitHub's keys in comments, as the demo has no GitHub: they are keys all the same, and those
/// that it does not call otherwise show their defaults.
#[test]
fn the_reference_of_githubs_keys_is_true() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config.yaml")).unwrap();
    let lines = text.lines().skip_while(|line| *line != "# github:").take_while(|line| line.starts_with("# "));
    let lines: Vec<&str> = lines.map(|line| &line[2..]).collect();
    let shown = |without: &[&str]| -> String {
        let left_out = |line: &&&str| without.iter().any(|key| line.trim_start().starts_with(&format!("{key}:")));
        lines.iter().filter(|line| !left_out(line)).map(|line| format!("{line}\n")).collect()
    };
    let pem = KEY.to_owned();
    let everything = |name: &str| match name {
        "GITHUB_TOKEN" => Some("ghp_token".to_owned()),
        "GITHUB_WEBHOOK_SECRET" | "GITHUB_OLD_WEBHOOK_SECRET" => Some("a long secret".to_owned()),
        "KEY" => Some(pem.clone()),
        other => environment(other),
    };
    let of = |more: &str| {
        let more = more.replace("{file: /run/secrets/github-key.pem}", "{env: KEY}");
        load(&folder(&more).path("config.yaml"), &everything).unwrap().github.unwrap()
    };
    let app = of(&shown(&["token"]));
    assert_eq!((app.webhook_secrets.len(), app.hook), (2, Some(67890)));
    let token = of(&shown(&["app", "webhook_secret", "previous_webhook_secret", "hook"]));
    assert_eq!(token, of("github: {repository: team/shop, token: {env: GITHUB_TOKEN}}\n"));
}

#[test]
fn a_key_may_stand_on_one_line_of_a_variable() {
    let folder = folder("github: {repository: team/shop, app: {id: 1, key: {env: KEY}}}\n");
    let settings = of(&folder, &[("KEY", &KEY.trim().replace('\n', "\\n"))]).unwrap();
    let Credentials::App { key, .. } = settings.github.unwrap().credentials else { panic!() };
    assert_eq!(key.0, KEY.trim());
}

#[test]
fn little_is_enough() {
    let github = github("github: {repository: team/shop, token: {env: HOOK_SECRET}}\n");
    assert_eq!(github.credentials, Credentials::Token(Secret("hunter2-new".to_owned())));
    assert_eq!((github.api.as_str(), github.command.as_str()), ("https://api.github.com", "/loadmark"));
    assert_eq!((github.tests, github.label.as_str()), (TestsWhen::Label, "bench"));
    assert_eq!(github.webhook_secrets, []);
}

/// The same configuration serves developers, who have none of the secrets.
#[test]
fn without_its_secrets_the_rest_holds() {
    let folder = folder(FULL);
    fs::remove_file(folder.path("key.pem")).unwrap();
    fs::write(folder.path("old-secret"), "\n").unwrap();
    let settings = of(&folder, &[]).unwrap();
    assert_eq!((&settings.github, &settings.manager.api_token), (&None, &None));
    let keys: Vec<&str> = settings.unset.iter().map(|unset| unset.key).collect();
    let expected = ["manager.api_token", "github.app.key", "github.webhook_secret", "github.previous_webhook_secret"];
    assert_eq!(keys, expected);

    let told = |refused: ConfigError| refused.to_string().replace(&place(&folder), "");
    let refused = told(require_secrets(&settings).unwrap_err());
    let first = "config.yaml:30:20: `manager.api_token` names the environment variable `API_TOKEN`, which is not set";
    assert!(refused.starts_with(first), "{refused}");
    let refused = told(require_credentials(&settings).unwrap_err());
    assert!(refused.starts_with("config.yaml:37:32: there is no file key.pem\n"), "{refused}");
}

#[test]
fn a_worker_needs_no_more_than_credentials() {
    let settings = of(&folder(FULL), &[]).unwrap();
    assert!(settings.github.is_some());
    require_credentials(&settings).unwrap();
    assert!(require_secrets(&settings).is_err());
    require_secrets(&of(&folder(FULL), &ALL).unwrap()).unwrap();
}

fn place(folder: &Folder) -> String {
    format!("{}/", folder.0.path().display())
}
