//! Signing in with a built-in account.

use std::io::Write as _;

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use crate::support::{Server, Stream, json as answer_json};

/// Makes an account whose password is `correct horse`.
pub(crate) fn add(server: &Server, name: &str, more: &[&str]) {
    let args = [&["user", "add", name, "--stdin"], more].concat();
    let mut child = server.command(&args).stdin(std::process::Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"correct horse\n").unwrap();
    assert!(child.wait().unwrap().success());
}

async fn login(server: &Server, user: &str, password: &str) -> Response {
    let body = json!({"user": user, "password": password});
    server.plain(Method::POST, "/api/v1/auth/login").json(&body).send().await.unwrap()
}

fn cookie(answer: &Response) -> String {
    answer.headers()["set-cookie"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_session_is_a_cookie_that_no_script_reads() {
    let server = Server::start().await;
    add(&server, "ann", &[]);
    let answer = login(&server, "ann", "correct horse").await;
    let set = cookie(&answer);
    for part in ["tidings_session=", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(set.contains(part), "{part} in {set}");
    }
    assert!(!set.contains("Domain"));
    let body = answer_json(answer, 200).await;
    assert_eq!((&body["user"], &body["role"]), (&json!("ann"), &json!("user")));

    let value = set.split(';').next().unwrap();
    let with_cookie =
        |method: Method, path: &str| server.plain(method, &format!("/api/v1{path}")).header("cookie", value);
    let me = answer_json(with_cookie(Method::GET, "/auth/me").send().await.unwrap(), 200).await;
    assert_eq!(me["user"], "ann");
    // A page of ours says so; one that says nothing, or comes from elsewhere, changes nothing.
    let mark = json!({"read": true, "up_to": answer_json(with_cookie(Method::GET, "/inbox").send().await.unwrap(), 200).await["cursor"]});
    let post = || with_cookie(Method::POST, "/notifications/mark").json(&mark);
    assert_eq!(post().send().await.unwrap().status(), 403);
    assert_eq!(post().header("origin", "https://evil.example").send().await.unwrap().status(), 403);
    assert_eq!(post().header("sec-fetch-site", "cross-site").send().await.unwrap().status(), 403);
    let ours = format!("http://{}", server.address);
    assert_eq!(post().header("origin", ours).send().await.unwrap().status(), 200);

    assert_eq!(with_cookie(Method::POST, "/auth/logout").send().await.unwrap().status(), 403, "nor signs out");
    let out = with_cookie(Method::POST, "/auth/logout").header("sec-fetch-site", "same-origin").send().await.unwrap();
    assert_eq!(out.status(), 204);
    assert!(cookie(&out).contains("Max-Age=0"));
}

#[tokio::test]
async fn nobody_learns_whether_a_name_exists() {
    let server = Server::start().await;
    add(&server, "ann", &[]);
    let mut bodies = Vec::new();
    for (user, password) in
        [("ann", "wrong password"), ("nobody", "wrong password"), ("ann", ""), ("", "x"), ("a\nb", "x")]
    {
        let mut body = answer_json(login(&server, user, password).await, 401).await;
        body.as_object_mut().unwrap().remove("request_id");
        assert_eq!(body["code"], "bad_credentials");
        bodies.push(body);
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(server.command(&["user", "disable", "ann"]).status().unwrap().success());
    assert_eq!(login(&server, "ann", "correct horse").await.status(), 401, "a disabled account");
}

#[tokio::test]
async fn two_different_users_in_one_request_are_refused() {
    let server = Server::start().await;
    add(&server, "ann", &[]);
    let set = cookie(&login(&server, "ann", "correct horse").await);
    let request = server.as_user("bob", Method::GET, "/inbox").header("cookie", set.split(';').next().unwrap());
    let problem = answer_json(request.send().await.unwrap(), 400).await;
    assert_eq!(problem["code"], "ambiguous_credentials");
}

#[tokio::test]
async fn the_pages_origin_streams_by_cookie_alone() {
    let server = Server::start().await;
    add(&server, "ann", &[]);
    let set = cookie(&login(&server, "ann", "correct horse").await);
    let value = set.split(';').next().unwrap();
    let get = |extra: Option<(&'static str, &'static str)>| {
        let request = server.plain(Method::GET, "/api/v1/stream").header("cookie", value);
        extra.map_or(server.plain(Method::GET, "/api/v1/stream").header("cookie", value), |(name, value)| {
            request.header(name, value)
        })
    };
    assert_eq!(get(None).send().await.unwrap().status(), 200, "a same-origin EventSource sends no Origin");
    assert_eq!(get(Some(("sec-fetch-site", "same-origin"))).send().await.unwrap().status(), 200);
    assert_eq!(get(Some(("origin", "https://evil.example"))).send().await.unwrap().status(), 403);
    assert_eq!(get(Some(("sec-fetch-site", "cross-site"))).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn other_origins_are_served_where_they_are_listed() {
    let server = Server::start_with(&[("TIDINGS_CORS_ORIGINS", "https://app.example")]).await;
    let preflight = |origin: &'static str| {
        server
            .plain(Method::OPTIONS, "/api/v1/notifications")
            .header("origin", origin)
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "authorization")
    };
    let allowed = preflight("https://app.example").send().await.unwrap();
    assert_eq!(allowed.headers()["access-control-allow-origin"], "https://app.example");
    assert_eq!(allowed.headers()["access-control-allow-credentials"], "true");
    for origin in ["https://app.example.evil", "https://evilapp.example", "http://app.example", "null"] {
        let refused = preflight(origin).send().await.unwrap();
        assert!(!refused.headers().contains_key("access-control-allow-origin"), "{origin}");
    }
    let cross =
        server.as_user("ann", Method::GET, "/inbox").header("origin", "https://app.example").send().await.unwrap();
    assert_eq!(cross.headers()["access-control-allow-origin"], "https://app.example");
    assert_eq!(cross.status(), 200);
}

/// The very first start makes one admin, and says its password once.
#[tokio::test]
async fn the_first_start_prints_a_password_that_nobody_chose() {
    let folder = tempfile::tempdir().unwrap();
    let mut passwords = Vec::new();
    for _ in 0..2 {
        let (output, address, mut child) = first_lines(&folder);
        let client = Client::builder().no_proxy().build().unwrap();
        let words: Vec<_> = output.split_whitespace().collect();
        if let Some(place) =
            words.iter().position(|word| *word == "admin").filter(|_| output.contains("only this once"))
        {
            let word = words[place + 1].to_owned();
            let body = json!({"user": "admin", "password": word});
            let answer = client.post(format!("http://{address}/api/v1/auth/login")).json(&body).send().await.unwrap();
            if answer.status() == 200 {
                assert_eq!(answer.json::<Value>().await.unwrap()["role"], "admin");
                passwords.push(word);
            }
        }
        let _ = child.kill();
        let _ = child.wait();
    }
    assert_eq!(passwords.len(), 1, "on the first start alone");
}

/// What a start prints before it serves, and where it serves.
pub(crate) fn first_lines(folder: &tempfile::TempDir) -> (String, String, std::process::Child) {
    use std::io::{BufRead as _, BufReader};
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_tidings"))
        .arg("serve")
        .env_clear()
        .env("TIDINGS_LISTEN", "127.0.0.1:0")
        .env("TIDINGS_DATABASE_URL", format!("sqlite://{}/log.db", folder.path().display()))
        .current_dir(folder.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let (mut output, mut address) = (String::new(), None);
    while !output.contains("To stop") {
        let mut line = String::new();
        if lines.read_line(&mut line).unwrap() == 0 {
            break;
        }
        if let Some((_, rest)) = line.split_once("http://") {
            address.get_or_insert(rest.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ':')).collect());
        }
        output.push_str(&line);
    }
    std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
    (output, address.unwrap(), child)
}

#[tokio::test]
async fn a_token_of_the_command_line_opens_a_stream() {
    let server = Server::start().await;
    let output = server.command(&["token", "--sub", "ann"]).output().unwrap();
    assert!(output.status.success());
    let token = String::from_utf8(output.stdout).unwrap();
    Stream::open(&server.address, token.trim(), "", None).await.ready().await;
}
