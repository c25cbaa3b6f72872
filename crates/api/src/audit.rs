//! What is noted of who may come in, for whoever looks into it later: a line each, under the target `audit`.
//!
//! Who did it stands in the span of the request, with its id. Names are written with escapes, and no secret is at hand
//! here. A name that has no account is not written: it may be a password that was typed into the wrong field.

use tidings_middleware::AUDIT as TARGET;
use tidings_models::{AccessChange, Address, SignInId, UserId, access::ApiKey};

pub(crate) fn signed_in(user: &UserId, session: SignInId, from: Address) {
    tracing::info!(target: TARGET, account = ?user.as_str(), session = %session.as_uuid(), %from, "signed in");
}

/// Tries that come too often are refused before anything is noted, so this is no way to fill a log.
pub(crate) fn not_signed_in(known: Option<&UserId>, from: Address) {
    tracing::warn!(target: TARGET, account = ?known.map(UserId::as_str), %from, "a sign-in failed");
}

pub(crate) fn wrong_password(user: &UserId, from: Address) {
    tracing::warn!(target: TARGET, account = ?user.as_str(), %from, "the current password was wrong");
}

pub(crate) fn account_made(user: &UserId, role: &str) {
    tracing::info!(target: TARGET, account = ?user.as_str(), role, "an account was made");
}

pub(crate) fn key_made(key: &ApiKey) {
    tracing::info!(target: TARGET, key = %key.id, name = ?key.name, scopes = ?key.scopes, "a key was made");
}

pub(crate) fn erased(user: &UserId) {
    tracing::info!(target: TARGET, account = ?user.as_str(), "a person was erased");
}

pub(crate) fn secret_shown_again(user: &UserId) {
    tracing::warn!(
        target: TARGET,
        account = ?user.as_str(),
        "a secret that was replaced was shown again: the sign-in ends"
    );
}

/// A change that was made.
pub(crate) fn changed(change: &AccessChange) {
    match change {
        // Neither gives or takes away anything, and there are many.
        AccessChange::Refresh { .. } | AccessChange::RenewStream { .. } | AccessChange::Redeem(_) => {}
        AccessChange::EndSignIn(id) => {
            tracing::info!(target: TARGET, session = %id.as_uuid(), "a session was ended");
        }
        AccessChange::EndUser(user) => {
            tracing::info!(target: TARGET, account = ?user.as_str(), "all sessions and tokens of a user were revoked");
        }
        AccessChange::SetDisabled(user, disabled) => {
            tracing::info!(target: TARGET, account = ?user.as_str(), disabled, "an account was disabled or enabled");
        }
        AccessChange::SetRole(user, role) => {
            tracing::info!(target: TARGET, account = ?user.as_str(), role = role.as_str(), "a role was changed");
        }
        AccessChange::SetPassword { user, must_change, .. } => {
            tracing::info!(target: TARGET, account = ?user.as_str(), must_change, "a password was changed");
        }
        AccessChange::DropAccount(user) => {
            tracing::info!(target: TARGET, account = ?user.as_str(), "an account was removed");
        }
        AccessChange::RevokeKey(id) => tracing::info!(target: TARGET, key = %id, "a key was revoked"),
    }
}
