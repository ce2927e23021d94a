//! Good configurations: the smallest, one with everything that a set can be given, and the project's own.

use super::*;

fn query<'a>(settings: &'a Settings, benchmark: &str, name: &str) -> &'a Query {
    settings.benchmarks[benchmark].queries.iter().find(|query| query.name == name).unwrap()
}

fn limit(query: &Query, quantile: Option<f64>) -> String {
    let limit: Option<Limit> = query.limit_for(quantile);
    limit.map_or("none".to_owned(), |limit| LimitText(&limit, query.unit, query.direction).to_string())
}

#[test]
fn paths_are_resolved_against_the_folder_of_the_file() {
    let folder = Folder::good();
    let settings = folder.load().unwrap();
    assert_eq!(settings.folder, folder.0.path());
    assert_eq!(settings.repository, Repository::Folder(folder.path("repo")));
    assert_eq!(settings.data, folder.path(".loadmark"));
    let benchmark = &settings.benchmarks["shop"];
    assert_eq!(benchmark.compose, ComposeFile::Operator(folder.path("stack.yaml")));
    assert_eq!(benchmark.load.requests[1].body.as_deref(), Some(BODY));
    assert_eq!((benchmark.load.requests[0].weight, benchmark.load.requests[1].weight), (1, 2));
    assert!(matches!(&benchmark.targets[0], Target::Service(target) if target.path == "/metrics"));
    assert_eq!(settings.text, CONFIG);
}

/// The compose tool answers with cleaned paths, and they are compared with these.
#[test]
fn no_path_keeps_its_dots() {
    let folder = Folder::good().replace("config.yaml", "repository: repo", "repository: ./x/../repo\ndata: x/../data");
    fs::create_dir(folder.path("inner")).unwrap();
    let settings = load(&folder.path("inner/../config.yaml"), &environment).unwrap();
    assert_eq!(settings.folder, folder.0.path());
    assert_eq!(settings.repository, Repository::Folder(folder.path("repo")));
    assert_eq!(settings.data, folder.path("data"));
    assert_eq!(settings.benchmarks["shop"].compose, ComposeFile::Operator(folder.path("stack.yaml")));
}

#[test]
fn variables_and_limits_of_the_benchmark_go_into_its_queries() {
    let settings = Folder::good().load().unwrap();
    let latency = query(&settings, "shop", "latency");
    assert!(latency.promql.as_str().contains("sum by (le, endpoint) (D(rpc_seconds_bucket))"), "{}", latency.promql);
    assert_eq!(latency.labels, ["endpoint"]);
    assert_eq!(limit(latency, Some(0.5)), "+10%");
    assert_eq!(limit(latency, Some(0.99)), "+90%");
    assert!(latency.is_primary(TODAY));
    let memory = query(&settings, "shop", "memory");
    assert_eq!((limit(memory, None).as_str(), memory.is_primary(TODAY)), ("none", false));
}

#[test]
fn a_text_replaces_all_limits_of_a_query() {
    let folder = Folder::good().replace("config.yaml", r#"{latency: {"0.99": "+90%"}, "#, r#"{latency: "+5%", "#);
    let settings = folder.load().unwrap();
    let latency = query(&settings, "shop", "latency");
    assert_eq!((limit(latency, Some(0.5)), limit(latency, Some(0.99))), ("+5%".to_owned(), "+5%".to_owned()));
}

#[test]
fn a_variable_may_stand_for_several_labels() {
    let folder = Folder::good().replace("queries.yaml", "by: endpoint", "by: \"method, endpoint\"");
    let settings = folder.load().unwrap();
    assert_eq!(query(&settings, "shop", "latency").labels, ["method", "endpoint"]);
}

#[test]
fn only_the_variable_that_is_named_is_looked_up() {
    let folder = Folder::good();
    let asked = std::cell::RefCell::new(Vec::new());
    let environment = |name: &str| {
        asked.borrow_mut().push(name.to_owned());
        environment(name)
    };
    let settings = load(&folder.path("config.yaml"), &environment).unwrap();
    assert_eq!(asked.into_inner(), ["SHOP_DATABASE"]);
    let DatabaseSettings::Url(secret) = &settings.database else { panic!("{:?}", settings.database) };
    assert_eq!(secret.0, DATABASE);
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn a_database_url_may_come_from_a_file() {
    let folder = Folder::good().replace("config.yaml", "{env: SHOP_DATABASE}", "{file: secret}");
    folder.write("secret", format!("{DATABASE}\n"));
    let settings = load(&folder.path("config.yaml"), &|_| None).unwrap();
    let DatabaseSettings::Url(secret) = settings.database else { panic!("{:?}", settings.database) };
    assert_eq!(secret.0, DATABASE);
}

/// Every tunable that `config.yaml` shows as default is the built-in default: the same configuration without them
/// gives the same settings.
#[test]
fn the_projects_configuration_shows_the_built_in_defaults() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("config.yaml")).unwrap();
    let shown = load(&root.join("config.yaml"), &|_| None).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let (bare, dropped) = without_defaults(&text);
    let top = ["default_branch", "baseline", "data", "images", "placement", "compose_command", "queue"];
    let manager = ["manager", "schedule", "log"];
    let rest =
        ["prometheus", "timeouts", "rounds", "pairs", "arrivals", "seed", "connections", "workers", "timeout", "queue"];
    assert_eq!(dropped, [&top[..], &manager[..], &rest[..], &["method"]].concat());
    let bare = bare.replace("queries/", &format!("{}/queries/", root.display()));
    fs::write(folder.path().join("config.yaml"), &bare).unwrap();
    let mut bare = load(&folder.path().join("config.yaml"), &|_| None).unwrap();

    assert_eq!(bare.data, folder.path().join(".loadmark"));
    bare.data = root.join(".loadmark");
    bare.folder = root.to_owned();
    bare.text = text;
    bare.repository = Repository::Folder(root.join(".demo/shop"));
    let shop = bare.benchmarks.get_mut("shop").unwrap();
    shop.compose = ComposeFile::Operator(root.join("compose/shop.yaml"));
    assert_eq!(shown, bare);
}

/// Leaves out the keys whose comment begins with `default` alone (not `default: none`, which tells of another value),
/// with the blocks under them, and tells which they are.
fn without_defaults(text: &str) -> (String, Vec<&str>) {
    let (mut kept, mut dropped) = (String::new(), Vec::new());
    let mut dropped_indent: Option<usize> = None;
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let key = line.trim_start();
        let indent = line.len() - key.len();
        if dropped_indent.is_some_and(|dropped| indent > dropped) {
            continue;
        }
        let comment = line.split_once(" # ").map_or("", |(_, comment)| comment.trim());
        let is_default = comment == "default" || comment.starts_with("default;");
        dropped_indent = is_default.then_some(indent);
        if is_default {
            dropped.push(key.split(':').next().unwrap());
        } else {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    (kept, dropped)
}

#[test]
fn the_projects_query_sets_are_limited_where_they_should_be() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let settings = load(&root.join("config.yaml"), &|_| None).unwrap();
    let queries = &settings.benchmarks["shop"].queries;
    let lines: Vec<String> = queries
        .iter()
        .map(|query| {
            let limits: Vec<String> = match query.quantiles.as_slice() {
                [] => vec![limit(query, None)],
                quantiles => quantiles.iter().map(|q| format!("{q}: {}", limit(query, Some(*q)))).collect(),
            };
            format!("{} {:?} {}", query.name, query.labels, limits.join(", "))
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    http_latency_mean ["endpoint"] +25% and 1 ms
    http_latency ["endpoint"] 0.5: +25% and 1 ms, 0.99: +200% and 20 ms
    http_throughput ["endpoint"] -5%
    http_error_ratio ["endpoint"] 0.3pp
    grpc_latency_mean ["grpc_service", "grpc_method"] +25% and 1 ms
    grpc_latency ["grpc_service", "grpc_method"] 0.5: +25% and 1 ms, 0.99: +200% and 20 ms
    grpc_throughput ["grpc_service", "grpc_method"] -5%
    grpc_error_ratio ["grpc_service", "grpc_method"] 0.3pp
    grpc_code_ratio ["grpc_service", "grpc_method", "grpc_code"] none
    process_cpu_seconds ["service"] +25% and 500 ms
    process_resident_memory ["service"] +25% and 16 MiB
    container_cpu_seconds ["service"] +25% and 500 ms
    container_memory_peak ["service"] +50% and 64 MiB
    container_throttled_ratio ["service"] none
    container_network_received ["service"] none
    container_network_sent ["service"] none
    container_network_drops ["service"] none
    container_tcp_retransmits ["service"] none
    container_disk_read ["service"] none
    container_disk_written ["service"] none
    container_restarts ["service"] none
    container_oom_kills ["service"] none
    load_response_mean ["request"] +25% and 1 ms
    load_response ["request"] 0.5: +25% and 1 ms, 0.99: +200% and 20 ms
    load_slice_tail ["request"] 0.9: +5%, 0.99: +5%
    load_stall_fraction ["request"] none
    load_error_ratio ["request"] 0.3pp
    load_planned_rate [] none
    load_achieved_rate [] none
    load_achieved_ratio [] 5pp
    "#);
}

#[test]
fn an_alias_may_repeat_a_block() {
    let folder = Folder::good().replace("config.yaml", "  shop:\n    compose", "  shop: &shop\n    compose").replace(
        "config.yaml",
        "memory: null}",
        "memory: null}\n  again: *shop",
    );
    let settings = folder.load().unwrap();
    assert_eq!(settings.benchmarks["again"].load, settings.benchmarks["shop"].load);
}
