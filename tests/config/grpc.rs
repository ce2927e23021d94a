//! gRPC calls: what is read of them and of their proto files, and each mistake at its place.

use base64::engine::Engine as _;
use base64::engine::general_purpose::STANDARD;
use insta::assert_snapshot;
use loadmark::domain::grpc::{GrpcCall, GrpcCode};
use loadmark::domain::units::Span;
use prost_reflect::DescriptorPool;

use super::*;

const SHOP: &str = include_str!("../data/config/shop.proto");
const UNIT: &str = include_str!("../data/config/unit.proto");
const LIST: &str = "        - name: list\n          url: http://shop:8080/list\n";

/// A folder with a configuration whose first request is a gRPC call; `lines` are those of the call, `more` those of
/// the request.
fn folder(lines: &str, more: &str) -> Folder {
    let indented: String = lines.lines().map(|line| format!("            {line}\n")).collect();
    let request = format!(
        "        - name: reserve\n          url: http://shop:9090\n          grpc:\n            method: shop.v1.Inventory/Reserve\n{indented}{more}"
    );
    let folder = Folder::good().replace("config.yaml", LIST, &request);
    fs::create_dir_all(folder.path("protos")).unwrap();
    fs::create_dir_all(folder.path("vendor/common")).unwrap();
    folder.write("protos/shop.proto", SHOP);
    folder.write("vendor/common/unit.proto", UNIT);
    folder
}

const PROTO: &str = "proto: protos/shop.proto\nimports: [vendor]";

/// The message for a call with a proto file and these lines.
fn mistake(lines: &str) -> String {
    folder(&format!("{PROTO}\n{lines}"), "").message()
}

fn call(folder: &Folder) -> GrpcCall {
    let settings = folder.load().unwrap();
    settings.benchmarks["shop"].load.requests[0].grpc.clone().unwrap()
}

#[test]
fn a_call_takes_its_descriptors_from_the_proto_file() {
    let lines = "message: '{\"product\": 1, \"unit\": \"DOZEN\"}'\nmetadata: {x-tenant: demo, trace-bin: AQI=}\ndeadline: 2s\nexpect_code: [OK, NOT_FOUND]";
    let call = call(&folder(&format!("{PROTO}\n{lines}"), ""));
    assert_eq!((call.method.as_str(), call.deadline), ("shop.v1.Inventory/Reserve", Some(Span::seconds(2))));
    assert_eq!(call.expect_code, [GrpcCode::Ok, GrpcCode::NotFound]);
    assert_eq!(call.metadata["x-tenant"], "demo");
    let set = STANDARD.decode(call.descriptors.unwrap()).unwrap();
    let pool = DescriptorPool::decode(set.as_slice()).unwrap();
    assert_eq!(pool.get_service_by_name("shop.v1.Inventory").unwrap().methods().len(), 2);
    assert!(pool.get_enum_by_name("common.Unit").is_some());
}

#[test]
fn without_a_proto_file_the_service_is_asked_and_the_rest_has_defaults() {
    let expected = GrpcCall {
        method: "shop.v1.Inventory/Reserve".to_owned(),
        message: "{}".to_owned(),
        metadata: Default::default(),
        deadline: None,
        descriptors: None,
        expect_code: Vec::new(),
    };
    assert_eq!(call(&folder("", "")), expected);
    let with_file = folder("message_file: body.json", "");
    assert_eq!(call(&with_file).message, BODY);
}

#[test]
fn what_does_not_fit_the_proto_file() {
    assert_snapshot!(mistake("message: '{\"prodct\": 1}'"), @r#"
    config.yaml:19:22: the message is no `shop.v1.ReserveRequest` in JSON: unrecognized field name 'prodct' at line 1 column 9
       |
    19 |             message: '{"prodct": 1}'
       |                      ^^^^^^^^^^^^^^^
    "#);
    assert_snapshot!(mistake("message: '{\"product\": true}'"), @r#"
    config.yaml:19:22: the message is no `shop.v1.ReserveRequest` in JSON: invalid type: boolean `true`, expected a 64-bit signed integer or decimal string at line 1 column 16
       |
    19 |             message: '{"product": true}'
       |                      ^^^^^^^^^^^^^^^^^^^
    "#);
    assert_snapshot!(mistake("message: '{} {}'"), @r"
    config.yaml:19:22: the message is no `shop.v1.ReserveRequest` in JSON: trailing characters at line 1 column 4
       |
    19 |             message: '{} {}'
       |                      ^^^^^^^
    ");
    let method = |method: &str| folder(PROTO, "").replace("config.yaml", "v1.Inventory/Reserve", method).message();
    assert_snapshot!(method("v1.Inventory/Reserv"), @r"
    config.yaml:16:21: the service `shop.v1.Inventory` has no method `Reserv`: did you mean `Reserve`?
       |
    16 |             method: shop.v1.Inventory/Reserv
       |                     ^^^^^^^^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(method("v1.Inventor/Reserve"), @r"
    config.yaml:16:21: the proto file has no service `shop.v1.Inventor`: did you mean `shop.v1.Inventory`?
       |
    16 |             method: shop.v1.Inventor/Reserve
       |                     ^^^^^^^^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(method("v1.Inventory/Watch"), @r"
    config.yaml:16:21: the method `Watch` streams; only unary methods can be called
       |
    16 |             method: shop.v1.Inventory/Watch
       |                     ^^^^^^^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(method("v1.Inventory.Reserve"), @r"
    config.yaml:16:21: `shop.v1.Inventory.Reserve` is no method: expected `PACKAGE.SERVICE/METHOD`
       |
    16 |             method: shop.v1.Inventory.Reserve
       |                     ^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn what_is_wrong_with_the_proto_file_itself() {
    assert_snapshot!(folder("proto: protos/none.proto", "").message(), @r"
    config.yaml:17:20: there is no file protos/none.proto
       |
    17 |             proto: protos/none.proto
       |                    ^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(folder("proto: protos/shop.proto", "").message(), @r"
    config.yaml:17:20: the file does not compile: shop.proto:5:1: import 'common/unit.proto' not found
       |
    17 |             proto: protos/shop.proto
       |                    ^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(folder("proto: protos/shop.proto\nimports: [none]", "").message(), @r"
    config.yaml:18:23: there is no folder none
       |
    18 |             imports: [none]
       |                       ^^^^
    ");
    assert_snapshot!(folder("imports: [vendor]", "").message(), @r"
    config.yaml:17:23: `imports` are the folders of a `proto` file, and there is none
       |
    17 |             imports: [vendor]
       |                       ^^^^^^
    ");
    let broken = folder(PROTO, "").replace("protos/shop.proto", "int64 product = 1;", "int64 product = ;");
    assert_snapshot!(broken.message(), @r"
    config.yaml:17:20: the file does not compile: shop.proto:13:19: expected an integer, but found ';'
       |
    17 |             proto: protos/shop.proto
       |                    ^^^^^^^^^^^^^^^^^
    ");
    let untyped = folder(PROTO, "").replace("protos/shop.proto", "common.Unit unit", "common.Size unit");
    assert_snapshot!(untyped.message(), @r"
    config.yaml:17:20: the file does not compile: shop.proto:15:3: 'common.Size' resolves to 'common.Size', which is not defined
       |
    17 |             proto: protos/shop.proto
       |                    ^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn values_of_a_call() {
    assert_snapshot!(folder("message: '[1]'", "").message(), @r"
    config.yaml:17:22: the message is no object in JSON: invalid type: sequence, expected a map at line 1 column 0
       |
    17 |             message: '[1]'
       |                      ^^^^^
    ");
    assert_snapshot!(folder("message: '{}'\nmessage_file: body.json", "").message(), @r"
    config.yaml:18:27: expected exactly one of the keys `message` and `message_file` here
       |
    18 |             message_file: body.json
       |                           ^^^^^^^^^
    ");
    assert_snapshot!(folder("message_file: none.json", "").message(), @r"
    config.yaml:17:27: there is no file none.json
       |
    17 |             message_file: none.json
       |                           ^^^^^^^^^
    ");
    assert_snapshot!(folder("deadline: 11s", "").message(), @r"
    config.yaml:17:23: `deadline` is 11s; expected more than 0 and at most the `timeout` of the load, 10s
       |
    17 |             deadline: 11s
       |                       ^^^
    ");
    assert_snapshot!(folder("deadline: 0s", "").message(), @r"
    config.yaml:17:23: `deadline` is 0s; expected more than 0 and at most the `timeout` of the load, 10s
       |
    17 |             deadline: 0s
       |                       ^^
    ");
    assert_snapshot!(folder("expect_code: [NOT_FUND]", "").message(), @r"
    config.yaml:17:27: unknown value `NOT_FUND`: did you mean `NOT_FOUND`?
       |
    17 |             expect_code: [NOT_FUND]
       |                           ^^^^^^^^
    ");
    assert_snapshot!(folder("metadata: {X-Tenant: demo}", "").message(), @r"
    config.yaml:17:24: `X-Tenant` is no key of metadata: expected a-z, 0-9, -, _ and .
       |
    17 |             metadata: {X-Tenant: demo}
       |                        ^^^^^^^^
    ");
    assert_snapshot!(folder("metadata: {grpc-timeout: 1S}", "").message(), @r"
    config.yaml:17:24: the key `grpc-timeout` is set by gRPC itself
       |
    17 |             metadata: {grpc-timeout: 1S}
       |                        ^^^^^^^^^^^^
    ");
    assert_snapshot!(folder("metadata: {trace-bin: '*'}", "").message(), @r"
    config.yaml:17:35: the value of `trace-bin` is base64, because its key ends with `-bin`
       |
    17 |             metadata: {trace-bin: '*'}
       |                                   ^^^
    ");
    assert_snapshot!(folder("methd: x", "").message(), @r"
    config.yaml:17:13: unknown key `methd`: did you mean `method`?
       |
    17 |             methd: x
       |             ^^^^^
    ");
}

#[test]
fn what_belongs_to_http_can_not_stand_beside_a_call() {
    let lines = [
        "method: POST",
        "headers: {a: b}",
        "body: x",
        "body_file: body.json",
        "expect_status: [200]",
        "expect_body: x",
    ];
    for line in lines {
        let said = folder("", &format!("          {line}\n")).message();
        let (key, value) = line.split_once(": ").unwrap();
        let column = if key == "headers" || key == "expect_status" { key.len() + 14 } else { key.len() + 13 };
        assert!(said.starts_with(&format!("config.yaml:17:{column}: `{key}` is for HTTP requests")), "{value}: {said}");
        assert!(said.contains("inside of `grpc`"), "{said}");
    }
    let path = folder("", "").replace("config.yaml", "http://shop:9090", "http://shop:9090/reserve");
    assert_snapshot!(path.message(), @r"
    config.yaml:14:16: the URL of a gRPC call has no path: expected `http://HOST:PORT`
       |
    14 |           url: http://shop:9090/reserve
       |                ^^^^^^^^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn the_query_set_tells_rpcs_and_codes_apart() {
    let set = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries/grpc.yaml");
    let folder = Folder::good()
        .replace("config.yaml", "        with: {histogram: rpc_seconds}\n", "")
        .replace("config.yaml", "        limits: {latency: {\"0.99\": \"+90%\"}, memory: null}\n", "")
        .replace("config.yaml", "file: queries.yaml", &format!("file: {}", set.display()));
    let queries = &folder.load().unwrap().benchmarks["shop"].queries;
    let lines: Vec<String> = queries
        .iter()
        .map(|query| format!("{} by {}: {}", query.name, query.labels.join(" "), query.is_primary(TODAY)))
        .collect();
    assert_snapshot!(lines.join("\n"), @r"
    grpc_latency_mean by grpc_service grpc_method: true
    grpc_latency by grpc_service grpc_method: true
    grpc_throughput by grpc_service grpc_method: true
    grpc_error_ratio by grpc_service grpc_method: true
    grpc_code_ratio by grpc_service grpc_method grpc_code: false
    ");
    assert_eq!(queries[1].quantiles, [0.5, 0.99]);
}
