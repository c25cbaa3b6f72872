//! Chunked bodies that nobody reads to their end.
//!
//! After the answer to a request whose chunked body was not read, actix goes on to receive and
//! discard it for as long as the sender likes. Held beyond the answer, the body counts as unread,
//! and the connection is closed. (A body of declared length needs no such care.)

use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::{
    HttpMessage,
    body::{BodySize, BoxBody, MessageBody},
    dev::{Payload, ServiceRequest},
    error::PayloadError,
    web::Bytes,
};
use futures_util::Stream;

/// The other hand on a request's body.
pub(crate) struct Held(#[expect(dead_code, reason = "it is there to be dropped late")] Rc<RefCell<Payload>>);

/// Takes hold of the request's body, if it is chunked. The handler reads on through it.
pub(crate) fn hold(request: &mut ServiceRequest) -> Option<Held> {
    if !request.chunked().unwrap_or(false) {
        return None;
    }
    let shared = Rc::new(RefCell::new(request.take_payload()));
    request.set_payload(Payload::Stream { payload: Box::pin(Reading(Rc::clone(&shared))) });
    Some(Held(shared))
}

impl Held {
    /// Keeps hold until `body` is sent.
    pub(crate) fn until_sent(self, body: BoxBody) -> BoxBody {
        BoxBody::new(Answer { body, _held: self })
    }
}

struct Reading(Rc<RefCell<Payload>>);

impl Stream for Reading {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_next(context)
    }
}

struct Answer {
    body: BoxBody,
    _held: Held,
}

impl MessageBody for Answer {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

#[cfg(test)]
mod tests {
    use std::{io::ErrorKind, time::Duration};

    use actix_web::{
        App, HttpServer,
        middleware::from_fn,
        rt::{net::TcpStream, spawn, time::timeout},
        web,
    };

    use crate::{edge, testing};

    /// Sends to a server of its own until that closes the connection, and gives back what it said.
    async fn send(path: &str, endless: bool) -> String {
        let app = || {
            App::new()
                .app_data(testing::auth())
                .app_data(web::PayloadConfig::new(64))
                .wrap(from_fn(edge))
                .route("/text", web::post().to(|text: String| async { text }))
                .route("/deaf", web::post().to(|| async { "done" }))
        };
        let server = HttpServer::new(app).workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        spawn(server);
        let stream = TcpStream::connect(address).await.unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n");
        let mut to_send = head.into_bytes();
        let whole = b"3\r\nabc\r\n0\r\n\r\n".as_slice();
        to_send.extend_from_slice(if endless { b"" } else { whole });
        let mut answer = Vec::new();
        loop {
            match stream.try_write(&to_send) {
                Ok(_) => to_send = if endless { b"8\r\n12345678\r\n".to_vec() } else { Vec::new() },
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
            let mut buffer = [0; 4096];
            match stream.try_read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => answer.extend_from_slice(&buffer[..n]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
            if !endless && answer.ends_with(b"abc") {
                break;
            }
            actix_web::rt::task::yield_now().await;
        }
        handle.stop(false).await;
        String::from_utf8(answer).unwrap()
    }

    #[actix_web::test]
    async fn an_endless_body_is_cut_off() {
        for (path, status) in [("/text", "413"), ("/deaf", "200"), ("/nowhere", "404")] {
            let answer = timeout(Duration::from_secs(20), send(path, true)).await.expect("the connection stays open");
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
            assert!(answer.to_ascii_lowercase().contains("connection: close"), "{path}: {answer}");
        }
    }

    #[actix_web::test]
    async fn a_body_that_was_read_keeps_the_connection() {
        let answer = timeout(Duration::from_secs(20), send("/text", false)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("abc"), "{answer}");
        assert!(!answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
    }
}
