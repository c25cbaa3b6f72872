//! Asking a server again that says "not now".

use std::time::Duration;

use reqwest::{RequestBuilder, Response, StatusCode, header};
use tokio::time::sleep;

use super::http::{self, Server};
use crate::failure::Failure;

/// How long a command goes on asking.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// How often it asks at most.
    pub(super) tries: u32,
    /// The pause after the first try, where the server names none. Each is longer by as much.
    pub(super) pause: Duration,
    /// The longest pause that a server is granted.
    pub(super) longest: Duration,
}

impl Patience {
    /// Sends a request until it is answered with anything but "not now", and gives the answer if it is good. It is
    /// made anew for each try, and must be one that may be repeated.
    pub(super) async fn send(self, server: &Server, request: impl Fn() -> RequestBuilder) -> Result<Response, Failure> {
        let mut tried = 1;
        loop {
            let (trouble, pause) = match request().bearer_auth(server.token()?).send().await {
                Ok(response) if response.status().is_success() => return Ok(response),
                Ok(response) if is_not_now(response.status()) => {
                    let pause = self.asked_for(response.headers());
                    (http::refusal(response).await, pause)
                }
                Ok(response) => return Err(http::refusal(response).await),
                Err(error) => {
                    let (url, causes) = (server.url(""), http::causes(&error));
                    (Failure::new(format!("{url} cannot be reached: {causes}. Does the server run?")), None)
                }
            };
            if tried >= self.tries {
                return Err(trouble);
            }
            sleep(pause.unwrap_or(self.pause_after(tried))).await;
            tried += 1;
        }
    }

    /// The pause after so many tries.
    pub(super) fn pause_after(self, tried: u32) -> Duration {
        self.pause.saturating_mul(tried).min(self.longest)
    }

    fn asked_for(self, headers: &header::HeaderMap) -> Option<Duration> {
        let seconds: u64 = headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
        Some(Duration::from_secs(seconds).min(self.longest))
    }
}

/// Whether the same request may do later: the server is busy, or a proxy cannot reach it.
fn is_not_now(status: StatusCode) -> bool {
    [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::BAD_GATEWAY,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::GATEWAY_TIMEOUT,
    ]
    .contains(&status)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { tries: 3, pause: Duration::from_secs(2), longest: Duration::from_secs(5) };

    #[test]
    fn pauses_grow_up_to_a_bound() {
        assert_eq!([1, 2, 3, 99].map(|tried| PATIENCE.pause_after(tried).as_secs()), [2, 4, 5, 5]);
    }

    #[test]
    fn a_server_may_ask_for_a_pause_up_to_the_same_bound() {
        let asked = |value: &'static str| {
            let headers = [(header::RETRY_AFTER, header::HeaderValue::from_static(value))];
            PATIENCE.asked_for(&headers.into_iter().collect()).map(|pause| pause.as_secs())
        };
        assert_eq!(["0", "3", "600", "soon", "-1"].map(asked), [Some(0), Some(3), Some(5), None, None]);
    }
}
