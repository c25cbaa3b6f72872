//! `POST /admin/notifications/batch`, and `tidings import`, which speaks to it.

mod import;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{Server, json as answer_json};

const PATH: &str = "/admin/notifications/batch";

fn post(server: &Server, query: &str, kind: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
    let request = server.as_admin(Method::POST, &format!("{PATH}{query}"));
    request.header("content-type", kind).body(body)
}

/// The results for a JSON array.
async fn results(server: &Server, query: &str, items: &[Value], status: u16) -> Vec<Value> {
    let request = post(server, query, "application/json", serde_json::to_vec(items).unwrap());
    let answer = answer_json(request.send().await.unwrap(), status).await;
    let results = answer["results"].as_array().unwrap().clone();
    let indexes: Vec<_> = results.iter().map(|result| result["index"].as_u64().unwrap()).collect();
    assert_eq!(indexes, (0..items.len() as u64).collect::<Vec<_>>());
    results
}

fn to_ann(title: &str) -> Value {
    json!({"to": {"user": "ann"}, "title": title})
}

fn keyed(title: &str, key: &str) -> Value {
    json!({"to": {"user": "ann"}, "title": title, "idempotency_key": key})
}

fn statuses(results: &[Value]) -> Vec<u64> {
    results.iter().map(|result| result["status"].as_u64().unwrap()).collect()
}

/// What ann has, oldest first.
async fn titles(server: &Server) -> Vec<String> {
    let list = server.get("ann", "/notifications?limit=200").await;
    let titles = list["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned());
    let mut titles: Vec<_> = titles.collect();
    titles.reverse();
    titles
}

async fn unread(server: &Server) -> i64 {
    server.get("ann", "/inbox").await["unread"].as_i64().unwrap()
}

#[tokio::test]
async fn each_of_an_array_is_stored_or_refused_for_itself() {
    let server = Server::start().await;
    let items = [
        to_ann("first"),
        json!({"to": {"user": "ann"}, "title": ""}),
        json!({"to": {"topic": "nowhere"}, "title": "x"}),
        json!({"to": {"user": "ann"}, "title": "x", "tittle": "y"}),
        json!({"to": {"user": "ann"}, "title": "late", "expires_at": "2020-01-01T00:00:00Z"}),
        json!({"to": {"users": ["ann", "bob"]}, "title": "last", "body": "b", "level": "error", "data": {"n": 1}}),
        json!({"to": {"user": "ann"}, "title": "later", "deliver_at": "2090-01-01T00:00:00Z"}),
        json!("no object"),
    ];
    let request = post(&server, "", "application/json", serde_json::to_vec(&items).unwrap());
    let answer = request.header("x-request-id", "mine").send().await.unwrap();
    let results = answer_json(answer, 200).await["results"].as_array().unwrap().clone();
    assert_eq!(statuses(&results), [201, 422, 422, 422, 422, 201, 201, 422]);
    let codes: Vec<_> = results.iter().map(|result| result["problem"]["code"].as_str().unwrap_or_default()).collect();
    let expected =
        ["", "invalid_title", "invalid_recipients", "unknown_field", "invalid_time", "", "", "invalid_request"];
    assert_eq!(codes, expected);
    assert_eq!(results[1]["problem"]["errors"][0]["field"], "title");
    assert_eq!(results[1]["problem"]["request_id"], "mine");
    assert_eq!(results[0].as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "index", "status"]);

    assert_eq!(titles(&server).await, ["first", "last"]);
    let path = format!("/admin/notifications/{}", results[5]["id"].as_str().unwrap());
    let last = answer_json(server.as_admin(Method::GET, &path).send().await.unwrap(), 200).await;
    assert_eq!((&last["to"], &last["data"]), (&json!({"users": ["ann", "bob"]}), &json!({"n": 1})));
    let path = format!("/admin/notifications/{}", results[6]["id"].as_str().unwrap());
    let later = answer_json(server.as_admin(Method::GET, &path).send().await.unwrap(), 200).await;
    assert_eq!(later["stage"], "scheduled");
}

#[tokio::test]
async fn a_line_that_is_bad_is_alone_with_it() {
    let server = Server::start().await;
    let body = [
        br#"{"to": {"user": "ann"}, "title": "one"}"#.as_slice(),
        b"",
        br#"{"to": {"user": "ann"}, "title": "cut"#,
        b"\r",
        br#"{"to": {"user": "ann"}, "title": "twice", "title": "x"}"#,
        b"{\"to\": {\"user\": \"ann\"}, \"title\": \"\xff\"}",
        b"{\"to\": {\"user\": \"ann\"}, \"title\": \"two\"}\r",
    ]
    .join(&b'\n');
    let answer = post(&server, "", "application/x-ndjson", body).send().await.unwrap();
    let results = answer_json(answer, 200).await["results"].as_array().unwrap().clone();
    assert_eq!(statuses(&results), [201, 400, 400, 400, 201]);
    assert!(results[1..4].iter().all(|result| result["problem"]["code"] == "invalid_json"), "{results:?}");
    assert_eq!(results[4]["index"], 4, "empty lines are not counted");
    assert_eq!(titles(&server).await, ["one", "two"]);
}

#[tokio::test]
async fn all_or_none() {
    let server = Server::start().await;
    server.notify(json!({"user": "ann"}), "before").await;
    // Refused before the database is asked, and by it: nothing of either remains, keys included.
    let by_text = [keyed("a", "k"), json!({"to": {"user": "ann"}, "title": ""}), to_ann("c")];
    let by_store = [keyed("a", "k"), json!({"to": {"topic": "nowhere"}, "title": "b"}), to_ann("c")];
    for items in [&by_text, &by_store] {
        assert_eq!(statuses(&results(&server, "?atomic=true", items, 422).await), [424, 422, 424]);
        assert_eq!(titles(&server).await, ["before"]);
    }
    let request = post(&server, "?atomic=true", "application/json", serde_json::to_vec(&by_store).unwrap());
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let request_id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let problem = answer_json(answer, 422).await;
    assert_eq!((&problem["code"], &problem["status"]), (&json!("batch_refused"), &json!(422)));
    assert_eq!(problem["request_id"], request_id);
    assert_eq!(problem["results"][0]["problem"]["code"], "failed_dependency");
    assert_eq!(problem["results"][1]["problem"]["code"], "invalid_recipients");

    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    let items = [keyed("another", "k"), to_ann("b"), to_ann("c")];
    let made = results(&server, "?atomic=true", &items, 200).await;
    assert_eq!(statuses(&made), [201, 201, 201]);
    let mut seqs = Vec::new();
    for _ in 0..3 {
        let event = stream.event().await.json();
        seqs.push((event["seq"].as_i64().unwrap(), event["payload"]["title"].as_str().unwrap().to_owned()));
    }
    assert_eq!(seqs, [(2, "another".into()), (3, "b".into()), (4, "c".into())], "seqs stayed dense");
}

#[tokio::test]
async fn a_batch_that_is_sent_again_makes_nothing_twice() {
    let server = Server::start().await;
    for (query, key) in [("", "k"), ("?atomic=true", "a")] {
        let items: Vec<_> = (0..3).map(|i| keyed(&format!("{key}{i}"), &format!("{key}{i}"))).collect();
        let ids = |results: &[Value]| results.iter().map(|result| result["id"].clone()).collect::<Vec<_>>();
        let first = results(&server, query, &items, 200).await;
        let again = results(&server, query, &items, 200).await;
        assert_eq!((statuses(&again), ids(&again)), (vec![201; 3], ids(&first)));
        assert!(again.iter().all(|result| result["idempotent_replayed"] == true), "{again:?}");
        assert!(first.iter().all(|result| result.get("idempotent_replayed").is_none()), "{first:?}");
        // One of them is new, and one is another under the same key.
        let mixed = [items[0].clone(), keyed("new", &format!("{key}new")), keyed("other", &format!("{key}2"))];
        let status = if query.is_empty() { 200 } else { 422 };
        let mixed = results(&server, query, &mixed, status).await;
        assert_eq!(statuses(&mixed), [201, if query.is_empty() { 201 } else { 424 }, 422]);
        assert_eq!((&mixed[0]["id"], &mixed[2]["problem"]["code"]), (&first[0]["id"], &json!("idempotency_conflict")));
    }
    assert_eq!(titles(&server).await, ["k0", "k1", "k2", "new", "a0", "a1", "a2"]);
    // The same key in a header, of a request that says the same, is the same.
    let alone = server.as_admin(Method::POST, "/admin/notifications").header("idempotency-key", "k0");
    let alone = alone.json(&to_ann("k0")).send().await.unwrap();
    assert_eq!(alone.headers()["idempotent-replayed"], "true");
    let bad = results(&server, "", &[keyed("x", ""), keyed("x", "a b"), keyed("x", &"k".repeat(256))], 200).await;
    assert!(bad.iter().all(|result| result["problem"]["code"] == "invalid_idempotency_key"), "{bad:?}");
}

#[tokio::test]
async fn what_is_no_batch() {
    let server = Server::start().await;
    let line = to_ann("x").to_string();
    let many = vec![line.as_str(); 1001];
    let (array, lines) = (format!("[{}]", many.join(",")), many.join("\n"));
    let large = format!("[{line}{}]", " ".repeat(4 * 1024 * 1024 - line.len() - 1));
    let users: Vec<_> = (0..1000).map(|i| i.to_string()).collect();
    let crowd = json!(vec![json!({"to": {"users": users}, "title": "x"}); 11]).to_string();
    let groups = json!(vec![json!({"to": {"users": users}, "title": "x", "group_key": "g"}); 3]).to_string();
    let (json, ndjson) = ("application/json", "application/x-ndjson");
    let cases = [
        (json, "", array, 422, "invalid_request"),
        (ndjson, "", lines, 422, "invalid_request"),
        (json, "", large.clone(), 413, "body_too_large"),
        (ndjson, "", large, 413, "body_too_large"),
        (json, "", "[]".into(), 422, "invalid_request"),
        (ndjson, "", "\n\n".into(), 422, "invalid_request"),
        (json, "", line.clone(), 422, "invalid_request"),
        (json, "", format!("[{line},"), 400, "invalid_json"),
        (json, "", format!("[{line}] x"), 400, "invalid_json"),
        ("text/plain", "", format!("[{line}]"), 415, "unsupported_media_type"),
        (json, "?atomic=yes", format!("[{line}]"), 400, "invalid_query"),
        (json, "?x=1", format!("[{line}]"), 400, "invalid_query"),
        (json, "?atomic=true", crowd, 422, "invalid_recipients"),
        (json, "?atomic=true", groups, 422, "invalid_recipients"),
    ];
    for (kind, query, body, status, code) in cases {
        let shown: String = body.chars().take(60).collect();
        let problem = answer_json(post(&server, query, kind, body).send().await.unwrap(), status).await;
        assert_eq!(problem["code"], code, "{kind} {query} {shown}");
    }
    // Who may not learns nothing of the body.
    let stranger =
        server.as_user("ann", Method::POST, PATH).header("content-type", json).body("[").send().await.unwrap();
    assert_eq!(answer_json(stranger, 403).await["code"], "forbidden");
    let stranger = server.plain(Method::POST, &format!("/api/v1{PATH}")).body("[").send().await.unwrap();
    assert_eq!(answer_json(stranger, 401).await["code"], "unauthenticated");
    let other_method = server.as_admin(Method::GET, PATH).send().await.unwrap();
    assert_eq!((other_method.status().as_u16(), &other_method.headers()["allow"]), (405, &"POST".parse().unwrap()));
    assert_eq!(unread(&server).await, 0);

    // What is large, and not too large, is taken.
    let body = "x".repeat(8000);
    let items: Vec<_> =
        (0..500).map(|i| json!({"to": {"user": "ann"}, "title": i.to_string(), "body": body})).collect();
    assert_eq!(statuses(&results(&server, "", &items, 200).await), [201; 500]);
}

#[tokio::test]
async fn a_thousand_arrive_in_their_order() {
    let server = Server::start().await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    let names: Vec<_> = (0..1000).map(|i| i.to_string()).collect();
    for (query, round) in [("", 0), ("?atomic=true", 1)] {
        let items: Vec<_> = names.iter().map(|name| to_ann(name)).collect();
        let made = results(&server, query, &items, 200).await;
        assert_eq!(statuses(&made), [201; 1000]);
        assert_eq!(stream.titles(1000).await, names);
        let ids: Vec<_> = made.iter().map(|result| result["id"].as_str().unwrap()).collect();
        assert!(ids.is_sorted(), "an admin's list has the same order");
        assert_eq!(unread(&server).await, 1000 * (round + 1));
    }
}

/// More than the publisher's queue holds: batches take turns, and others get by.
#[tokio::test]
async fn batches_leave_room_for_others() {
    let server = &Server::start().await;
    let items = vec![to_ann("x"); 1000];
    let batches = futures_util::future::join_all((0..12).map(|_| results(server, "", &items, 200)));
    let alone = async {
        for _ in 0..20 {
            server.notify(json!({"user": "ann"}), "alone").await;
        }
    };
    let (batches, ()) = tokio::join!(batches, alone);
    for results in batches {
        assert_eq!(statuses(&results), [201; 1000]);
    }
    assert_eq!(unread(server).await, 12_020);
}
