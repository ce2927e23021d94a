//! Pages: what they show, that foreign text stays text, and what may be read of files.

use loadmark::domain::ids::JobId;
use loadmark::domain::job::JobRequest;
use loadmark::domain::order::{Order, Priority, Terms};
use loadmark::domain::settings::QueueSettings;
use loadmark::queue::Queue;

use crate::harness::postgres::database;
use crate::harness::site::Site;
use crate::harness::{samples, stored};

/// Markup, a statement, marks that reorder text, controls.
const ODD: &str = "<script>alert('x')</script>\"'; DROP TABLE jobs; --\u{202e}txt.exe\u{1b}[31m<img src=x onerror=y>";

pub(super) async fn order(site: &Site, request: JobRequest, priority: Priority, asked_by: &str) -> JobId {
    let terms = Terms { served: true, priority, ask: String::new(), asked_by: asked_by.to_owned() };
    let queue = Queue::new(site.store.clone(), QueueSettings::default());
    queue.order(&Order { request, terms, after: None }).await.unwrap().job()
}

#[tokio::test]
async fn the_queue_shows_what_waits_in_its_order_and_what_ended() {
    let database = database().await;
    let site = Site::start(&database).await;
    let run = stored::run(&site.store, &samples::request(), &[samples::round(1, 2)], |_| {}).await;
    let test = JobRequest { revision: samples::revision('b'), ..samples::request() };
    let late = order(&site, test.clone(), Priority::Automatic, "alice").await;
    let urgent = JobRequest { revision: samples::revision('c'), ..test };
    let urgent = order(&site, urgent, Priority::Master, "push").await;
    let page = site.get("/").await;
    assert_eq!(page.status, 200);
    let at = |text: String| page.text.find(&text).unwrap_or_else(|| panic!("no {text} in\n{}", page.text));
    let (first, second) = (at(format!("href=\"/jobs/{urgent}\"")), at(format!("href=\"/jobs/{late}\"")));
    assert!(at("Waiting".to_owned()) < first && first < second, "{}", page.text);
    assert!(second < at(format!("href=\"/jobs/{}\"", run.job)) && page.text.contains("2 waiting"), "{}", page.text);
    let job = site.get(&format!("/jobs/{late}")).await.text;
    assert!(job.contains("1 before it") && job.contains("alice"), "{job}");
}

#[tokio::test]
async fn a_run_shows_its_load_its_times_and_its_files() {
    let database = database().await;
    let site = Site::start(&database).await;
    let run = stored::run(&site.store, &samples::request(), &[samples::round(1, 2)], |_| {}).await;
    let folder = site.folder().join("data/runs").join(run.id.to_string()).join("round-1");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("shop.log"), "<b>started</b>\u{1b}[31m\n").unwrap();
    std::fs::write(folder.join("tsdb.tar.gz"), [0x1f, 0x8b]).unwrap();
    std::fs::write(site.folder().join("data/secret.log"), "canary").unwrap();
    std::os::unix::fs::symlink(site.folder().join("data/secret.log"), folder.join("link.log")).unwrap();

    let page = site.get(&format!("/runs/{}", run.id.short())).await;
    for part in ["200", "2000", "22:13:20.000 – 22:13:30.500", "<th>up</th>", "<td>2.5</td>", "round-1/shop.log"] {
        assert!(page.text.contains(part), "no {part} in\n{}", page.text);
    }
    assert!(!page.text.contains("link.log"), "{}", page.text);
    let file = |path: &str| format!("/runs/{}/files/{path}", run.id);
    let log = site.fetch(&file("round-1/shop.log")).await;
    assert_eq!(log.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(log.headers()["x-content-type-options"], "nosniff");
    assert!(log.text().await.unwrap().contains("<b>started</b>"));
    let archive = site.fetch(&file("round-1/tsdb.tar.gz")).await;
    assert_eq!(archive.headers()["content-disposition"], "attachment");
    assert_eq!(archive.bytes().await.unwrap().as_ref(), [0x1f, 0x8b]);
    // Paths as they are sent: the client would tidy up dots, but not when they are escaped.
    for path in [
        "..%2f..%2fsecret.log",
        "%2e%2e/%2e%2e/secret.log",
        "round-1/..%2f..%2f..%2fsecret.log",
        "round-1/link.log",
        "%2fetc%2fpasswd",
        "round-1",
        "round-1/shop.log%00",
    ] {
        let answer = site.get(&file(path)).await;
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
        assert!(!answer.text.contains("canary"));
    }
}

/// A22.
#[tokio::test]
async fn foreign_text_stays_text() {
    let database = database().await;
    let site = Site::start(&database).await;
    let odd = JobRequest { asked_as: ODD.to_owned(), ..samples::request() };
    let job = order(&site, odd, Priority::Automatic, ODD).await;
    let mut round = samples::round(1, 1);
    round.notes = vec![ODD.to_owned()];
    round.missing[0].reason = ODD.to_owned();
    let edit = |run: &mut loadmark::domain::run::NewRun| run.class.0 = ODD.to_owned();
    let run = stored::run(&site.store, &samples::request(), &[round], edit).await;
    for path in ["/".to_owned(), format!("/jobs/{job}"), format!("/runs/{}", run.id), format!("/{ODD}")] {
        let page = site.get(&path).await.text;
        for bad in ["<script", "<img", "\u{202e}", "\u{1b}"] {
            assert!(!page.contains(bad), "{bad:?} in {path}:\n{page}");
        }
    }
    assert!(site.get("/").await.text.contains("&#60;script&#62;"));
    let jobs = site.json("/api/v1/jobs").await;
    assert_eq!(jobs["jobs"][1]["asked_as"], ODD);
}

#[tokio::test]
async fn every_answer_forbids_scripts_frames_and_guessing() {
    let database = database().await;
    let site = Site::start(&database).await;
    for path in ["/", "/jobs/1", "/nowhere", "/static/style.css", "/api/v1/jobs", "/api/v1/nowhere", "/metrics"] {
        let answer = site.fetch(path).await;
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        let page = answer.text().await.unwrap();
        for inline in ["<script", " style=", " onclick=", "<style", "<form"] {
            assert!(!page.contains(inline), "{inline} in {path}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_as_a_page() {
    let database = database().await;
    let site = Site::start(&database).await;
    for path in ["/jobs/999", "/jobs/abc", "/runs/ffffffff", "/runs/../../etc/passwd", "/nowhere", "/jobs/1/2"] {
        let page = site.get(path).await;
        assert_eq!(page.status, 404, "{path}: {page:?}");
        assert!(page.text.contains("<h1>Not Found</h1>"), "{path}: {page:?}");
    }
    let wrong = site.send(site.client.post(site.url("/"))).await;
    assert_eq!(wrong.status, 405, "{wrong:?}");
    assert_eq!(site.get("/webhook/github").await.status, 405);
}
