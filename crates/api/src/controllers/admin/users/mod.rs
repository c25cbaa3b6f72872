//! People: built-in accounts, what ends, and what is kept of somebody.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod erase;
pub(crate) mod export;
pub(crate) mod list;
pub(crate) mod revoke;
pub(crate) mod show;

use serde::Serialize;
use tidings_middleware::{Code, Problem};
use tidings_models::{Account, Role, Timestamp, UserId};
use utoipa::ToSchema;

use crate::{App, error};

#[derive(Serialize, ToSchema)]
pub(crate) struct AccountView {
    /// The name that they sign in with.
    #[schema(value_type = String)]
    user: UserId,
    /// What they may do.
    role: Role,
    /// They may not sign in.
    disabled: bool,
    /// They must choose another password when they sign in.
    must_change_password: bool,
    /// Since when there is the account.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl AccountView {
    fn of(account: Account) -> Self {
        let Account { user, role, disabled, must_change, created_at, .. } = account;
        Self { user, role, disabled, must_change_password: must_change, created_at }
    }
}

/// The user in a path. One that is malformed was never known.
fn parse_user(user: &str) -> Result<UserId, Problem> {
    UserId::parse(user).map_err(|_| Problem::new(Code::NotFound))
}

async fn account(app: &App, user: &UserId) -> Result<Account, Problem> {
    app.store.account(user).await.map_err(error::store)?.ok_or(Problem::new(Code::NotFound))
}

/// Nobody takes their own rights away: a slip, or a page left open, would leave an installation without an admin.
fn not_oneself(caller: &UserId, user: &UserId) -> Result<(), Problem> {
    if caller == user {
        return Err(Problem::new(Code::Conflict).detail("This is your own account. Let another admin do it."));
    }
    Ok(())
}
