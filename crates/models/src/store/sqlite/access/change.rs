//! Changes of who may come in, each with the event that tells of it.

use super::super::{StoreError, commit::Group, sql};
use crate::{
    Audience, Effect, Kind, News, Timestamp, UserId,
    access::{AccessChange, Digest, SignInId},
    store::Outcome,
};

/// Does what a draft asks for. What there is not is not found.
pub(in super::super) async fn apply(
    group: &mut Group<'_>,
    change: AccessChange,
    at: Timestamp,
) -> Result<Outcome, StoreError> {
    let done = match change {
        AccessChange::Refresh { id, from, to, until } => {
            let refresh = sqlx::query(sql::access::REFRESH)
                .bind(id.as_uuid())
                .bind(&from.as_bytes()[..])
                .bind(&to.as_bytes()[..])
                .bind(at.as_millis())
                .bind(until.as_millis());
            if refresh.execute(&mut *group.conn).await?.rows_affected() == 0 {
                return Ok(Outcome::Conflict);
            }
            tell(group, &News::SignInRenewed { id, until }, at)?;
            true
        }
        AccessChange::EndSignIn(id) => {
            let end = sqlx::query(sql::access::END_SIGN_IN).bind(id.as_uuid());
            let ended = end.execute(&mut *group.conn).await?.rows_affected() > 0;
            if ended {
                tell(group, &News::SignInEnded { id }, at)?;
            }
            ended
        }
        AccessChange::EndUser(user) => {
            end(group, &user, None, at).await?;
            true
        }
        AccessChange::SetDisabled(user, disabled) => {
            let set = sqlx::query(sql::access::SET_DISABLED).bind(user.as_str()).bind(disabled);
            let found = set.execute(&mut *group.conn).await?.rows_affected() > 0;
            if found && disabled {
                end(group, &user, None, at).await?;
            }
            found
        }
        AccessChange::SetRole(user, role) => {
            let set = sqlx::query(sql::access::SET_ROLE).bind(user.as_str()).bind(role.as_str());
            let found = set.execute(&mut *group.conn).await?.rows_affected() > 0;
            if found {
                end(group, &user, None, at).await?;
            }
            found
        }
        AccessChange::SetPassword { user, password, must_change, keep } => {
            let set =
                sqlx::query(sql::access::SET_PASSWORD).bind(user.as_str()).bind(password.as_stored()).bind(must_change);
            let found = set.execute(&mut *group.conn).await?.rows_affected() > 0;
            if found {
                end(group, &user, keep, at).await?;
            }
            found
        }
        AccessChange::DropAccount(user) => {
            let drop = sqlx::query(sql::access::DROP_ACCOUNT).bind(user.as_str());
            let found = drop.execute(&mut *group.conn).await?.rows_affected() > 0;
            if found {
                end(group, &user, None, at).await?;
            }
            found
        }
        AccessChange::RevokeKey(id) => {
            let revoke = sqlx::query(sql::access::REVOKE_API_KEY).bind(id.as_uuid()).bind(at.as_millis());
            let found = revoke.execute(&mut *group.conn).await?.rows_affected() > 0;
            if found {
                tell(group, &News::KeyRevoked { id }, at)?;
            }
            found
        }
        AccessChange::Redeem(id) => {
            let redeem = sqlx::query(sql::access::REDEEM).bind(id.0).bind(at.as_millis());
            let first = redeem.execute(&mut *group.conn).await?.rows_affected() > 0;
            return Ok(Outcome::Done(first));
        }
    };
    Ok(if done { Outcome::Done(true) } else { Outcome::NotFound })
}

/// Ends all that a user had, but for one sign-in.
async fn end(group: &mut Group<'_>, user: &UserId, except: Option<SignInId>, at: Timestamp) -> Result<(), StoreError> {
    let who = Digest::of_user(user);
    let sign_ins = sqlx::query(sql::access::END_SIGN_INS).bind(user.as_str()).bind(except.map(|id| *id.as_uuid()));
    sign_ins.execute(&mut *group.conn).await?;
    let tokens = sqlx::query(sql::access::REVOKE).bind(&who.as_bytes()[..]).bind(at.as_millis());
    tokens.execute(&mut *group.conn).await?;
    tell(group, &News::UserRevoked { who, at, except }, at)
}

/// Plans the event that tells every node.
fn tell(group: &mut Group<'_>, news: &News, at: Timestamp) -> Result<(), StoreError> {
    let payload = group.payload(news)?;
    group.event(Audience::Nodes, Kind::Access, &payload, Effect::NONE, at)?;
    Ok(())
}
