//! `tidings tail`: a user's stream in the terminal. Events go to standard output, a line each; what
//! becomes of the connection goes to standard error. It comes back by itself, after what it has.

use std::time::Duration;

use clap::Args;
use reqwest::{Response, StatusCode, header};
use tidings_models::{Random as _, Role, SystemRandom, UserId};
use tokio::time::{sleep, timeout};

use super::{
    http::{self, Server},
    output,
    sse::{Parser, Said},
};
use crate::{
    config::{Database, Remote, Signing},
    failure::Failure,
};
use show::Screen;

mod show;

/// How long a token that is made for following is good. A new one is made for each connection.
const TOKEN_SECONDS: i64 = 12 * 3600;
/// How long to wait for an answer, and between two signs of life until the server says how often it gives them.
const SILENCE: Duration = Duration::from_secs(45);
/// When to come back as long as the server has not said.
const RETRY: Duration = Duration::from_secs(3);
/// The longest pause between attempts.
const LONGEST_RETRY: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
pub(crate) struct Tail {
    /// Whose stream
    #[arg(long, value_name = "USER", value_parser = UserId::parse)]
    user: UserId,
    /// Print the data of each event as it is, one JSON document a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: Remote,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    database: Database,
}

impl Tail {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let caller = (self.user.clone(), Role::User, TOKEN_SECONDS);
        let server = Server::new(self.remote, &self.signing, &self.database, caller).await?;
        let follower = Follower {
            server,
            screen: Screen::new(self.json),
            last_event_id: String::new(),
            retry: RETRY,
            failures: 0,
        };
        tokio::select! {
            ended = follower.follow() => ended,
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    }
}

struct Follower {
    server: Server,
    screen: Screen,
    last_event_id: String,
    /// What the server asked for.
    retry: Duration,
    /// Attempts that failed since the last event.
    failures: u32,
}

/// Why a connection is over.
enum Lost {
    /// It is worth coming back, perhaps not before so long.
    Back(String, Option<Duration>),
    /// It is not.
    Refused(Failure),
}

impl From<Failure> for Lost {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure)
    }
}

impl Follower {
    /// Returns only when there is no use in going on.
    async fn follow(mut self) -> Result<(), Failure> {
        loop {
            match self.connection().await {
                Lost::Refused(failure) => return Err(failure),
                Lost::Back(reason, asked) => {
                    let pause = asked.unwrap_or_else(|| pause(self.retry, self.failures, SystemRandom.up_to(1000)));
                    self.failures = self.failures.saturating_add(1);
                    output::note(&format!("-- {reason}; back in {:.1} s", pause.as_secs_f64()));
                    sleep(pause).await;
                }
            }
        }
    }

    /// One connection, from beginning to end.
    async fn connection(&mut self) -> Lost {
        let response = match self.connect().await {
            Ok(response) => response,
            Err(lost) => return lost,
        };
        let mut parser = Parser::new(self.last_event_id.clone());
        let lost = self.read(response, &mut parser).await;
        parser.last_event_id().clone_into(&mut self.last_event_id);
        lost
    }

    async fn connect(&self) -> Result<Response, Lost> {
        let mut request = self
            .server
            .client
            .get(self.server.url("api/v1/stream"))
            .bearer_auth(self.server.token()?)
            .header(header::ACCEPT, "text/event-stream")
            .header(header::CACHE_CONTROL, "no-store");
        if !self.last_event_id.is_empty() {
            request = request.header("last-event-id", &self.last_event_id);
        }
        let response = match timeout(SILENCE, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let url = self.server.url("");
                return Err(Lost::Back(format!("{url} cannot be reached: {}", http::causes(&error)), None));
            }
            Err(_) => return Err(Lost::Back("the server does not answer".into(), None)),
        };
        let is_stream = |response: &Response| {
            let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
            kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
        };
        match response.status() {
            StatusCode::OK if is_stream(&response) => Ok(response),
            StatusCode::OK => Err(Failure::new("the server's answer is not a stream. Check TIDINGS_URL.").into()),
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::GATEWAY_TIMEOUT
            | StatusCode::SERVICE_UNAVAILABLE => {
                let after =
                    response.headers().get(header::RETRY_AFTER).and_then(|after| after.to_str().ok()?.parse().ok());
                let after = after.map(|seconds| Duration::from_secs(seconds).min(LONGEST_RETRY));
                Err(Lost::Back(http::refusal(response).await.to_string(), after))
            }
            _ => Err(http::refusal(response).await.into()),
        }
    }

    async fn read(&mut self, mut response: Response, parser: &mut Parser) -> Lost {
        let mut silence = SILENCE;
        let mut said = Vec::new();
        loop {
            let chunk = match timeout(silence, response.chunk()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) => return Lost::Back("the server closed the stream".into(), None),
                Ok(Err(error)) => return Lost::Back(format!("the stream broke: {}", http::causes(&error)), None),
                Err(_) => return Lost::Back("nothing was heard for too long".into(), None),
            };
            if let Err(error) = parser.feed(&chunk, &mut said) {
                return Lost::Back(error.to_string(), None);
            }
            for said in said.drain(..) {
                match said {
                    Said::Retry(millis) => self.retry = Duration::from_millis(millis).min(LONGEST_RETRY),
                    Said::Event { name, data } => {
                        self.failures = 0;
                        match self.screen.show(&name, &data) {
                            Ok(Some(heartbeat)) => silence = (heartbeat * 5 / 2).max(Duration::from_secs(5)),
                            Ok(None) => {}
                            Err(failure) => return Lost::Refused(failure),
                        }
                    }
                }
            }
        }
    }
}

/// Longer with each failure, and never the same for two clients. `chance` is of a thousand.
fn pause(retry: Duration, failures: u32, chance: u32) -> Duration {
    let longer = retry.saturating_mul(1 << failures.min(5)).min(LONGEST_RETRY);
    longer.mul_f64(1.0 + f64::from(chance) / 4000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_differ() {
        let retry = Duration::from_secs(2);
        let millis = |failures, chance| pause(retry, failures, chance).as_millis();
        assert_eq!([millis(0, 0), millis(1, 0), millis(3, 0), millis(9, 0)], [2000, 4000, 16_000, 30_000]);
        assert_eq!(millis(0, 1000), 2500);
    }
}
