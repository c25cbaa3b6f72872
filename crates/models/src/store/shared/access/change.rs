//! Changes of who may come in, each with the event that tells of it.

use uuid::Uuid;

use super::super::{Database, DatabaseArguments, StoreError, commit::Group, sql};
use crate::{
    Audience, Effect, Kind, News, Timestamp, UserId,
    access::{AccessChange, Digest, Grant, SignInId, is_before},
    store::Outcome,
};

/// Does what a draft asks for. What there is not is not found.
pub(in super::super) async fn apply(
    group: &mut Group<'_>,
    change: AccessChange,
    at: Timestamp,
) -> Result<Outcome, StoreError> {
    use sql::access as sql;
    let done = match change {
        AccessChange::Refresh { id, from, to, until } => {
            let refresh = sqlx::query(sql::REFRESH).bind(id.as_uuid()).bind(&from.as_bytes()[..]);
            let refresh = refresh.bind(&to.as_bytes()[..]).bind(at).bind(until);
            if !changes(group, refresh).await? {
                return Ok(Outcome::Conflict);
            }
            tell(group, &News::SignInRenewed { id, until }, at).await?;
            true
        }
        AccessChange::EndSignIn(id) => {
            let ended = changes(group, sqlx::query(sql::END_SIGN_IN).bind(id.as_uuid())).await?;
            if ended {
                tell(group, &News::SignInEnded { id }, at).await?;
            }
            ended
        }
        AccessChange::EndUser(user) => {
            end(group, &user, None, at).await?;
            true
        }
        AccessChange::SetDisabled(user, disabled) => {
            let set = sqlx::query(sql::SET_DISABLED).bind(user.as_str()).bind(disabled);
            let found = changes(group, set).await?;
            if found && disabled {
                end(group, &user, None, at).await?;
            }
            found
        }
        AccessChange::SetRole(user, role) => {
            let set = sqlx::query(sql::SET_ROLE).bind(user.as_str()).bind(role.as_str());
            changes(group, set).await? && end(group, &user, None, at).await?
        }
        AccessChange::SetPassword { user, password, must_change, own: None } => {
            let set = sqlx::query(sql::SET_PASSWORD).bind(user.as_str());
            let set = set.bind(password.as_stored()).bind(must_change);
            changes(group, set).await? && end(group, &user, None, at).await?
        }
        AccessChange::SetPassword { user, password, must_change, own: Some((keep, shown)) } => {
            let set = sqlx::query(sql::SET_OWN_PASSWORD).bind(user.as_str());
            let set = set.bind(password.as_stored()).bind(must_change);
            let set = set.bind(shown.as_stored()).bind(keep.as_uuid());
            if !changes(group, set).await? {
                return Ok(Outcome::Conflict);
            }
            end(group, &user, Some(keep), at).await?
        }
        AccessChange::DropAccount(user) => {
            let drop = sqlx::query(sql::DROP_ACCOUNT).bind(user.as_str());
            changes(group, drop).await? && end(group, &user, None, at).await?
        }
        AccessChange::RevokeKey(id) => {
            let revoke = sqlx::query(sql::REVOKE_API_KEY).bind(id.as_uuid()).bind(at);
            let found = changes(group, revoke).await?;
            if found {
                tell(group, &News::KeyRevoked { id }, at).await?;
            }
            found
        }
        AccessChange::RenewStream { stream, user, grant } => renew(group, stream, &user, grant, at).await?,
        AccessChange::Redeem(id) => {
            let redeem = sqlx::query(sql::REDEEM).bind(id.0).bind(at);
            return Ok(Outcome::Done(changes(group, redeem).await?));
        }
    };
    Ok(if done { Outcome::Done(true) } else { Outcome::NotFound })
}

/// Lets a stream last as long as a grant, if that still holds.
async fn renew(
    group: &mut Group<'_>,
    stream: Uuid,
    user: &UserId,
    grant: Grant,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let who = Digest::of_user(user);
    let holds = holds(group, who, &grant).await?;
    if holds {
        let Grant { issued_at, expires_at: until, sign_in, .. } = grant;
        tell(group, &News::StreamRenewed { stream, who, issued_at, until, sign_in }, at).await?;
    }
    Ok(holds)
}

/// Whether a grant has not been taken away: asked where nothing can be taken away meanwhile.
async fn holds(group: &mut Group<'_>, who: Digest, grant: &Grant) -> Result<bool, StoreError> {
    if let Some(id) = grant.sign_in {
        let found = sqlx::query_scalar(sql::access::IS_SIGNED_IN).bind(id.as_uuid());
        return Ok(found.fetch_one(&mut *group.conn).await?);
    }
    let revoked = sqlx::query_scalar(sql::access::REVOKED_AT).bind(&who.as_bytes()[..]);
    let revoked: Option<Timestamp> = revoked.fetch_optional(&mut *group.conn).await?;
    Ok(revoked.is_none_or(|at| !is_before(grant.issued_at, at)))
}

/// Whether a statement found something to change.
async fn changes(
    group: &mut Group<'_>,
    statement: sqlx::query::Query<'_, Database, DatabaseArguments>,
) -> Result<bool, StoreError> {
    Ok(statement.execute(&mut *group.conn).await?.rows_affected() > 0)
}

/// Ends all that a user had, but for one sign-in. That is always done.
pub(in super::super) async fn end(
    group: &mut Group<'_>,
    user: &UserId,
    except: Option<SignInId>,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let who = Digest::of_user(user);
    let sign_ins = sqlx::query(sql::access::END_SIGN_INS).bind(user.as_str()).bind(except.map(|id| *id.as_uuid()));
    sign_ins.execute(&mut *group.conn).await?;
    let tokens = sqlx::query(sql::access::REVOKE).bind(&who.as_bytes()[..]).bind(at);
    tokens.execute(&mut *group.conn).await?;
    tell(group, &News::UserRevoked { who, at, except }, at).await?;
    Ok(true)
}

/// Plans the event that tells every node.
async fn tell(group: &mut Group<'_>, news: &News, at: Timestamp) -> Result<(), StoreError> {
    group.look_for_seqs(std::iter::once(Audience::Nodes)).await?;
    let payload = group.payload(news)?;
    group.event(Audience::Nodes, Kind::Access, &payload, Effect::NONE, at)?;
    Ok(())
}
