//! A3: bodies and headers that are too long, too late, compressed, too deep, no text.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::harness::postgres::database;
use crate::harness::site::{SECRET, Site};

/// Who sends slowly is sent away within this time.
const CLOSED_WITHIN: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_whether_or_not_its_length_is_told() {
    let database = database().await;
    let site = Site::start(&database).await;
    let body = vec![b' '; 26 * 1024 * 1024];
    let answer = site.send(site.unsigned("push", "d-1", &body)).await;
    assert_eq!(answer.status, 413, "{answer:?}");
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    let head = "POST /webhook/github HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    for piece in body.chunks(1 << 20) {
        stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await.unwrap();
        stream.write_all(piece).await.unwrap();
        stream.write_all(b"\r\n").await.unwrap();
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn a_body_that_is_just_short_enough_is_read() {
    let database = database().await;
    let site = Site::start(&database).await;
    let body = format!("{{\"zen\": \"{}\"}}", "x".repeat(24 * 1024 * 1024));
    let answer = site.send(site.delivery("ping", "d-1", SECRET, body.as_bytes())).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn what_is_no_plain_json_text_is_refused() {
    let database = database().await;
    let site = Site::start(&database).await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for (name, body) in [
        ("deep", deep.as_bytes()),
        ("not UTF-8", &b"{\"a\": \"\xff\xfe\"}"[..]),
        ("no JSON", b"hello"),
        ("nothing", b""),
        ("cut off", b"{\"action\": "),
    ] {
        let answer = site.send(site.delivery("pull_request", "d-1", SECRET, body)).await;
        assert_eq!(answer.status, 400, "{name}: {answer:?}");
    }
    let bomb = site.delivery("push", "d-1", SECRET, b"{}").header("content-encoding", "gzip");
    assert_eq!(site.send(bomb).await.status, 415);
    let form = site.client.post(site.url("/webhook/github")).header("x-github-event", "push");
    let form = form.header("content-type", "application/x-www-form-urlencoded").body("payload=%7B%7D");
    assert_eq!(site.send(form).await.status, 415);
    assert_eq!(database.number("SELECT count(*) FROM deliveries").await, 0);
}

/// What a connection answers that sends so much and then waits.
async fn answer_to(site: &Site, sent: &str) -> (String, Duration) {
    let began = Instant::now();
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let closed = timeout(2 * CLOSED_WITHIN, stream.read_to_end(&mut answer)).await;
    closed.expect("the server closes it").unwrap();
    (String::from_utf8(answer).unwrap(), began.elapsed())
}

#[tokio::test]
async fn slow_headers_and_slow_bodies_are_closed_in_time() {
    let database = database().await;
    let site = Site::start(&database).await;
    let body =
        "POST /webhook/github HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{";
    let (headers, body, nothing) = tokio::join!(
        answer_to(&site, "POST /webhook/github HTTP/1.1\r\nhost: x\r\nx-slow"),
        answer_to(&site, body),
        answer_to(&site, ""),
    );
    assert!(headers.0.is_empty() || headers.0.starts_with("HTTP/1.1 408"), "{headers:?}");
    assert!(body.0.starts_with("HTTP/1.1 408"), "{body:?}");
    for (name, took) in [("headers", headers.1), ("body", body.1), ("nothing", nothing.1)] {
        assert!(took < CLOSED_WITHIN, "{name}: {took:?}");
    }
}

#[tokio::test]
async fn endless_headers_are_refused() {
    let database = database().await;
    let site = Site::start(&database).await;
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "x".repeat(100_000));
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    // The server may hang up while we write.
    let _ = stream.write_all(long.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = timeout(CLOSED_WITHIN, stream.read_to_end(&mut answer)).await.expect("the server closes it");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert_eq!(site.get("/-/healthy").await.status, 200);
}

#[tokio::test]
async fn long_bodies_that_never_come_hold_nobody_up() {
    let database = database().await;
    let site = Site::start(&database).await;
    let mut held = Vec::new();
    for length in ["transfer-encoding: chunked\r\n\r\n1\r\n{\r\n", "content-length: 26000000\r\n\r\n{"].repeat(3) {
        let mut stream = TcpStream::connect(site.address).await.unwrap();
        let sent = format!("POST /webhook/github HTTP/1.1\r\nhost: x\r\n{length}");
        stream.write_all(sent.as_bytes()).await.unwrap();
        held.push(stream);
    }
    // Those are read by now: a connection is taken up in the order in which it comes.
    let answer = timeout(CLOSED_WITHIN / 3, site.send(site.delivery("ping", "d-1", SECRET, b"{\"zen\": \"x\"}"))).await;
    assert_eq!(answer.expect("it waits for nobody").status, 200);
    drop(held);
}
