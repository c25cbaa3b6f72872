//! Accounts, as admins look after them, and as their owners do.

use super::*;

const PASSWORD: &str = "correct horse";

async fn admin(server: &Server, method: Method, path: &str, body: Value, status: u16) -> Value {
    let answer = server.as_admin(method, path).json(&body).send().await.unwrap();
    if status == 204 {
        assert_eq!(answer.status(), 204);
        return Value::Null;
    }
    answer_json(answer, status).await
}

async fn login(server: &Server, user: &str, password: &str) -> u16 {
    let body = json!({"user": user, "password": password});
    server.plain(Method::POST, "/api/v1/auth/login").json(&body).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_password_that_was_made_up_is_good_for_choosing_another() {
    let server = Server::start().await;
    let made = admin(&server, Method::POST, "/admin/users", json!({"user": "ann b"}), 201).await;
    let password = made["password"].as_str().unwrap().to_owned();
    assert_eq!((&made["role"], &made["must_change_password"]), (&json!("user"), &json!(true)));
    let twice = admin(&server, Method::POST, "/admin/users", json!({"user": "ann b"}), 409).await;
    assert_eq!(twice["code"], "conflict");

    let ann = Visitor::sign_in(&server, "ann b", &password).await;
    assert_eq!(ann.body["must_change_password"], true);
    for path in ["/inbox", "/stream", "/events", "/notifications"] {
        let refused = ann.by_cookie(Method::GET, path).send().await.unwrap();
        assert_eq!(code(refused, 403).await, "password_change_required", "{path}");
    }
    let change = async |current: &str, new: &str| {
        let body = json!({"current": current, "new": new});
        ann.by_cookie(Method::POST, "/auth/password").json(&body).send().await.unwrap()
    };
    assert_eq!(code(change("wrong", "battery staple").await, 401).await, "bad_credentials");
    assert_eq!(change(&password, "short").await.status(), 422);
    let same = change(&password, &password).await;
    assert_eq!(code(same, 422).await, "invalid_value", "somebody else knows that one");
    let other = Visitor::sign_in(&server, "ann b", &password).await;
    assert_eq!(change(&password, "battery staple").await.status(), 204);
    assert!(ann.is_known().await && !other.is_known().await, "all but the session in which it was chosen");
    assert_eq!(ann.by_cookie(Method::GET, "/inbox").send().await.unwrap().status(), 200);
    assert_eq!((login(&server, "ann b", &password).await, login(&server, "ann b", "battery staple").await), (401, 200));
}

#[tokio::test]
async fn what_an_admin_changes_ends_what_there_was() {
    let server = Server::start().await;
    add(&server, "ann", &["--role", "admin"]);
    let ann = Visitor::sign_in(&server, "ann", PASSWORD).await;
    assert_eq!(ann.by_bearer(Method::GET, "/admin/overview").send().await.unwrap().status(), 200);
    let changed = admin(&server, Method::PATCH, "/admin/users/ann", json!({"role": "user"}), 200).await;
    assert_eq!(changed["role"], "user");
    assert!(!ann.is_known().await, "what they may do is asked anew");
    let ann = Visitor::sign_in(&server, "ann", PASSWORD).await;
    assert_eq!(ann.by_bearer(Method::GET, "/admin/overview").send().await.unwrap().status(), 403);

    admin(&server, Method::PATCH, "/admin/users/ann", json!({"disabled": true}), 200).await;
    assert!(!ann.is_known().await);
    assert_eq!(login(&server, "ann", PASSWORD).await, 401);
    admin(&server, Method::PATCH, "/admin/users/ann", json!({"disabled": false}), 200).await;
    admin(&server, Method::PATCH, "/admin/users/ann", json!({"password": "battery staple"}), 200).await;
    let ann = Visitor::sign_in(&server, "ann", "battery staple").await;
    assert_eq!(ann.body["must_change_password"], true);
    admin(&server, Method::POST, "/admin/users/ann/revoke", json!({}), 204).await;
    assert!(!ann.is_known().await);

    admin(&server, Method::DELETE, "/admin/users/ann", json!({}), 204).await;
    for (method, path) in
        [(Method::GET, "/admin/users/ann"), (Method::PATCH, "/admin/users/ann"), (Method::DELETE, "/admin/users/ann")]
    {
        assert_eq!(admin(&server, method, path, json!({}), 404).await["code"], "not_found");
    }
    for name in ["..", "api-key:00000000-0000-0000-0000-000000000000"] {
        let refused = admin(&server, Method::POST, "/admin/users", json!({"user": name}), 422).await;
        assert_eq!(refused["code"], "invalid_recipients", "{name}");
    }
    assert_eq!(
        admin(&server, Method::PATCH, "/admin/users/x", json!({"rolle": "user"}), 422).await["code"],
        "unknown_field"
    );
}

#[tokio::test]
async fn nobody_takes_their_own_rights_away() {
    let server = Server::start().await;
    add(&server, "root", &["--role", "admin"]);
    for (method, body) in [(Method::PATCH, json!({"disabled": true})), (Method::DELETE, json!({}))] {
        assert_eq!(admin(&server, method, "/admin/users/root", body, 409).await["code"], "conflict");
    }
    let erase = server.as_admin(Method::POST, "/admin/users/root/erase").send().await.unwrap();
    assert_eq!(code(erase, 409).await, "conflict");
    assert_eq!(login(&server, "root", PASSWORD).await, 200);
}

#[tokio::test]
async fn accounts_are_listed_in_pages() {
    let server = Server::start().await;
    for name in ["ann", "bob", "cid"] {
        add(&server, name, &[]);
    }
    let page = admin(&server, Method::GET, "/admin/users?limit=2", json!({}), 200).await;
    let names = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|one| one["user"].as_str().unwrap().into()).collect()
    };
    let own: Vec<_> = names(&page);
    let next = page["next"].as_str().unwrap();
    let rest = admin(&server, Method::GET, &format!("/admin/users?limit=200&after={next}"), json!({}), 200).await;
    let all: Vec<_> = own.into_iter().chain(names(&rest)).collect();
    assert_eq!(all, ["admin", "ann", "bob", "cid"]);
    assert_eq!(rest["next"], Value::Null);
    let other = admin(&server, Method::GET, &format!("/admin/topics?after={next}"), json!({}), 400).await;
    assert_eq!(other["code"], "invalid_cursor", "of another list");
}

#[tokio::test]
async fn the_command_line_looks_after_accounts_of_a_server_that_runs() {
    let server = Server::start().await;
    add(&server, "ann", &[]);
    for args in [&["user", "role", "ann", "admin"][..], &["user", "revoke", "ann"], &["user", "disable", "ann"]] {
        if args[1] == "disable" {
            assert!(server.command(&["user", "role", "ann", "user"]).status().unwrap().success());
        }
        let ann = Visitor::sign_in(&server, "ann", PASSWORD).await;
        assert!(server.command(args).status().unwrap().success());
        crate::support::until("the session has ended", || async { (!ann.is_known().await).then_some(()) }).await;
    }
    assert!(server.command(&["user", "remove", "ann"]).status().unwrap().success());
    assert!(!server.command(&["user", "remove", "ann"]).status().unwrap().success());
}
