//! `tidings token`: a token for trying the API, under the secret of this installation.

use clap::Args;
use tidings_middleware::Tokens;
use tidings_models::{Clock, Role, SystemClock, UserId};

use super::output;
use crate::{
    config::{Database, Signing},
    database,
    failure::Failure,
};

#[derive(Debug, Args)]
pub(crate) struct Token {
    /// Whose token (sub)
    #[arg(long, value_name = "USER", value_parser = UserId::parse)]
    sub: UserId,
    /// What it is good for: user or admin
    #[arg(long, default_value = "user", value_parser = role)]
    role: Role,
    /// For how many hours
    #[arg(long, default_value = "1", value_parser = hours)]
    hours: u32,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    database: Database,
}

impl Token {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let tokens = database::local_tokens(&self.signing, &self.database).await?;
        output::line(&mint(&tokens, &self.sub, self.role, i64::from(self.hours) * 3600)?)
    }
}

/// A token that is good from now on for so many seconds.
pub(super) fn mint(tokens: &Tokens, user: &UserId, role: Role, seconds: i64) -> Result<String, Failure> {
    let now = SystemClock.now();
    let token = tokens.mint(user, role, now, now.plus_millis(seconds * 1000));
    token.map_err(|error| Failure::new(format!("the token cannot be made: {error}")))
}

pub(super) fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| format!("{text:?} is neither user nor admin"))
}

/// A year at most: what lasts longer is forgotten, and cannot be taken back.
fn hours(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(hours @ 1..=8784) => Ok(hours),
        _ => Err(format!("{text:?} is not a whole number from 1 to 8784")),
    }
}
