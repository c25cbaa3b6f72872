//! `GET /metrics`.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const MANUAL: &str = include_str!("../../../docs/operations.md");

#[tokio::test]
async fn figures_are_for_admins_and_for_keys_that_observe() {
    let server = Server::start().await;
    let key = async |scope: &str| {
        let body = json!({"name": scope, "scopes": [scope]});
        let made = server.as_admin(Method::POST, "/admin/api-keys").json(&body).send().await.unwrap();
        answer_json(made, 201).await["key"].as_str().unwrap().to_owned()
    };
    let ask = async |token: Option<String>, path: &str| {
        let request = server.plain(Method::GET, path);
        token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth).send().await.unwrap()
    };
    let observe = key("observe").await;
    for (token, expected) in [
        (None, 401),
        (Some(Server::token("ann", Role::User)), 403),
        (Some(key("publish").await), 403),
        (Some(key("manage").await), 403),
        (Some(observe.clone()), 200),
        (Some(Server::token("root", Role::Admin)), 200),
    ] {
        let answer = ask(token.clone(), "/metrics").await;
        assert_eq!(answer.status(), expected, "{token:?}");
        let says_how = answer.headers()["content-type"].to_str().unwrap().to_owned();
        let text = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        assert_eq!(says_how, if expected == 200 { text } else { "application/problem+json" });
    }
    for path in ["/inbox", "/topics", "/admin/topics", "/admin/notifications", "/admin/overview", "/admin/users"] {
        assert_eq!(ask(Some(observe.clone()), &format!("/api/v1{path}")).await.status(), 403, "{path}");
    }
    assert_eq!(ask(Some(observe), "/metrics?access_token=x").await.status(), 400);
}

/// <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>: names and types before samples,
/// each series once, counters that say so, histograms that add up, and an end.
#[tokio::test]
async fn the_page_is_well_formed_and_every_figure_is_explained() {
    let server = Server::start().await;
    server.notify(json!({"user": "ann"}), "one").await;
    let page = page(&server).await;
    assert!(page.ends_with("\n# EOF\n"), "{page}");
    let (mut types, mut series, mut buckets) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::<String, Vec<f64>>::new());
    for line in page.lines() {
        if let Some(told) = line.strip_prefix("# TYPE ") {
            let (name, kind) = told.split_once(' ').unwrap();
            assert!(types.insert(name.to_owned(), kind.to_owned()).is_none(), "twice: {name}");
        } else if !line.starts_with('#') {
            let (one, value) = line.rsplit_once(' ').unwrap();
            assert!(series.insert(one.to_owned()), "twice: {one}");
            let value: f64 = value.parse().unwrap();
            let name = one.split('{').next().unwrap();
            let (family, kind) = types.last_key_value().map(|_| of(&types, name)).unwrap();
            let rest = &name[family.len()..];
            let fits = match kind {
                "counter" => rest == "_total",
                "gauge" => rest.is_empty(),
                "info" => rest == "_info",
                "histogram" => ["_bucket", "_sum", "_count"].contains(&rest),
                other => panic!("{other}"),
            };
            assert!(fits && value >= 0.0, "{kind}: {line}");
            if rest == "_bucket" || rest == "_count" {
                buckets.entry(family.to_owned()).or_default().push(value);
            }
        }
    }
    for (name, values) in buckets {
        // The count comes first, and the last bucket has everything.
        assert!(values[1..].is_sorted() && values.last() == values.first(), "{name}: {values:?}");
    }
    assert!(series.len() < 250, "{} series of one node", series.len());

    let said: BTreeSet<_> = types.iter().map(|(name, kind)| told_as(name, kind)).collect();
    let rows = MANUAL.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let explained = rows.filter(|name| name.starts_with("tidings_") || name.starts_with("process_"));
    let explained: BTreeSet<_> = explained.map(str::to_owned).collect();
    assert_eq!(explained, said, "docs/operations.md, and what there is");
}

/// The family of a sample: the longest name that it begins with.
fn of<'a>(types: &'a BTreeMap<String, String>, sample: &str) -> (&'a str, &'a str) {
    let families = types.iter().filter(|(name, _)| sample.starts_with(name.as_str()));
    let (name, kind) = families.max_by_key(|(name, _)| name.len()).unwrap_or_else(|| panic!("untold: {sample}"));
    (name, kind)
}

/// What one writes into a query.
fn told_as(name: &str, kind: &str) -> String {
    match kind {
        "counter" => format!("{name}_total"),
        "info" => format!("{name}_info"),
        _ => name.to_owned(),
    }
}

#[tokio::test]
async fn what_happens_is_counted() {
    let server = Server::start().await;
    let before = figures(&server).await;
    let mut stream = server.stream("ann", "", Some("nothing that was given out")).await;
    stream.ready().await;
    let first = server.notify(json!({"user": "ann"}), "0").await;
    for title in ["1", "2"] {
        server.notify(json!({"everyone": true}), title).await;
    }
    let repeated = json!({"to": {"user": "ann"}, "title": "0"});
    for _ in 0..2 {
        let again = server.as_admin(Method::POST, "/admin/notifications").header("idempotency-key", "k");
        answer_json(again.json(&repeated).send().await.unwrap(), 201).await;
    }
    assert_eq!(stream.titles(4).await.len(), 4);
    let cursor = server.get("ann", "/inbox").await["cursor"].as_str().unwrap().to_owned();
    let missing = server.as_user("ann", Method::GET, "/notifications/none").send().await.unwrap();
    assert_eq!(missing.status(), 404);
    server.stream("bob", "", Some(&cursor)).await.ready().await; // from memory, and gone again
    let after = until("bob to be gone", || async {
        let after = figures(&server).await;
        (after["tidings_streams{transport=\"sse\"}"] < 2.0).then_some(after)
    })
    .await;
    let more = |series: &str| after[series] - before[series];
    for (series, expected) in [
        ("tidings_drafts_total{outcome=\"stored\"}", 4.0),
        ("tidings_drafts_total{outcome=\"repeated\"}", 1.0),
        ("tidings_drafts_total{outcome=\"failed\"}", 0.0),
        ("tidings_events_total{by=\"own\"}", 4.0),
        ("tidings_deliveries_total", 4.0),
        ("tidings_streams{transport=\"sse\"}", 1.0),
        ("tidings_streams_opened_total{transport=\"sse\"}", 2.0),
        ("tidings_users", 1.0),
        ("tidings_resets_total{reason=\"malformed\"}", 1.0),
        ("tidings_replay_pages_total{from=\"ring\"}", 1.0),
        ("tidings_refusals_total{code=\"not_found\"}", 1.0),
        ("tidings_answers_total{class=\"4xx\"}", 1.0),
        ("tidings_log_position", 4.0),
        ("tidings_log_behind_events", 0.0),
        ("tidings_drafts_waiting", 0.0),
        ("tidings_slow_readers_total{became=\"overflowed\"}", 0.0),
    ] {
        assert!((more(series) - expected).abs() < f64::EPSILON, "{series}: {} more, not {expected}", more(series));
    }
    assert!(more("tidings_group_events_count") >= 4.0 && more("tidings_commit_seconds_count") >= 5.0);
    let (batches, seconds) = (more("tidings_delivery_seconds_count"), more("tidings_delivery_seconds_sum"));
    assert!((1.0..=4.0).contains(&batches) && seconds < batches * 5.0, "{batches} batches in {seconds} s");
    assert!(more("tidings_database_reads_total") >= 2.0);
    let states = ["database", "follower", "lag", "bus", "disk", "life"];
    assert!(states.iter().all(|part| after[&format!("tidings_part_ok{{part=\"{part}\"}}")] > 0.5));
    assert!(after["tidings_ready"] > 0.5 && after["process_start_time_seconds"] > 1_700_000_000.0);

    // Nobody's name is among them, nor what they were sent.
    let page = page(&server).await;
    for secret in ["ann", "bob", "root", first["id"].as_str().unwrap(), "127.0.0.1"] {
        assert!(!page.contains(&format!("\"{secret}")), "{secret} in {page}");
    }
}
