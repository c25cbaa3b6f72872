//! What tokens are checked with.

use super::Finding;
use crate::{
    config::{Provider, Signing},
    keys,
};

/// What this installation signs with itself.
pub(super) fn secret(signing: &Signing) -> Finding {
    const PART: &str = "secret";
    match keys::secrets(signing) {
        Ok(Some(_)) => Finding::fine(PART, "The secret that tokens are signed with can be read."),
        Ok(None) => Finding::fine(
            PART,
            "Tokens are signed with a secret of the database. Set TIDINGS_JWT_SECRET_FILE if copies of it go elsewhere.",
        ),
        Err(wrong) => Finding::wrong(PART, wrong.to_string()),
    }
}

/// Whose tokens are believed beside our own.
pub(super) async fn public(provider: &Provider) -> Finding {
    const PART: &str = "public keys";
    if let Err(wrong) = keys::public_keys(provider) {
        return Finding::wrong(PART, wrong.to_string());
    }
    if let Some(path) = &provider.jwt_public_key_file {
        return Finding::fine(PART, format!("{} can be read.", path.display()));
    }
    let Some(url) = &provider.jwt_jwks_url else {
        return Finding::fine(PART, "None: tokens of nobody else are believed.");
    };
    match keys::try_provider(url).await {
        Ok((0, place)) => {
            Finding::wrong(PART, format!("{place} has no key that can be used: nobody can come in by it."))
        }
        Ok((count, place)) => Finding::fine(PART, format!("{place} has {count} that can be used.")),
        Err(error) => Finding::wrong(PART, format!("{error}. Is TIDINGS_JWT_JWKS_URL right, and reached from here?")),
    }
}
