//! What is sent, scraped and waited for.

use insta::assert_snapshot;

use super::*;

#[test]
fn urls_and_headers_of_requests() {
    assert_snapshot!(config("http://shop:8080/buy", "https://shop:8080/buy"), @r"
    config.yaml:18:16: `https://shop:8080/buy` asks for TLS, which inside a stack is not spoken; expected `http://HOST:PORT/PATH`
       |
    18 |           url: https://shop:8080/buy
       |                ^^^^^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(config("method: POST", "method: post"), @r"
    config.yaml:17:19: `post` is no HTTP method: expected capitals, such as `GET`
       |
    17 |           method: post
       |                   ^^^^
    ");
    assert_snapshot!(config("body_file: body.json", "headers: {Host: x}"), @r"
    config.yaml:19:21: the header `host` is set by the load generator itself
       |
    19 |           headers: {Host: x}
       |                     ^^^^
    ");
    assert_snapshot!(config("body_file: body.json", "headers: {accept: a, Accept: b}"), @r"
    config.yaml:19:32: the header `Accept` stands here for the second time; each may stand once
       |
    19 |           headers: {accept: a, Accept: b}
       |                                ^^^^^^
    ");
    assert_snapshot!(config("body_file: body.json", "body: x\n          body_file: body.json"), @r"
    config.yaml:20:22: expected exactly one of the keys `body` and `body_file` here
       |
    20 |           body_file: body.json
       |                      ^^^^^^^^^
    ");
    assert_snapshot!(config("weight: 2", "expect_status: [99]"), @r"
    config.yaml:16:27: `expect_status` is 99; expected a whole number from 100 to 599
       |
    16 |           expect_status: [99]
       |                           ^^
    ");
}

#[test]
fn readiness_conditions() {
    assert_snapshot!(config("{health: shop}", "{tcp: shop}"), @r"
    config.yaml:8:13: `shop` is no address: expected `HOST:PORT`
      |
    8 |     ready: [{tcp: shop}, {promql: up == 1}]
      |             ^
    ");
    assert_snapshot!(config("{health: shop}", "{http: \"shop:8080/ready\"}"), @r#"
    config.yaml:8:13: `shop:8080/ready` is no URL; expected `http://HOST:PORT/PATH`
      |
    8 |     ready: [{http: "shop:8080/ready"}, {promql: up == 1}]
      |             ^
    "#);
    assert_snapshot!(config("up == 1", "\"up ==\""), @r#"
    config.yaml:8:29: the condition's PromQL does not parse: invalid promql query
      |
    8 |     ready: [{health: shop}, {promql: "up =="}]
      |                             ^
    "#);
}

#[test]
fn a_target_that_stands_twice() {
    let target = "{service: {name: shop, port: 8080}}";
    assert_snapshot!(config(target, &format!("{target}, {target}")), @r"
    config.yaml:9:52: this target stands here for the second time
      |
    9 |     targets: [{service: {name: shop, port: 8080}}, {service: {name: shop, port: 8080}}]
      |                                                    ^
    ");
}
