//! `tidings api-key`: keys of servers, straight in the database. It works while the server runs, which
//! learns of a key that is revoked from the log.

use clap::{Args, Subcommand};
use tidings_models::{
    AccessChange, Clock as _, Draft, Outcome, Secret, SecretKind, SystemClock, SystemRandom, UserId,
    access::{ApiKey, KeyId, Scope, Scopes},
    text,
};

use super::{output, user::stored};
use crate::{config::Database, database, failure::Failure, printable::printable};

/// Whoever is at the terminal of the server.
const MADE_BY: &str = "command line";
/// Keys that are read at once.
const PAGE: u32 = 200;

#[derive(Debug, Args)]
pub(crate) struct ApiKeys {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a key, and print it: it is shown only this once
    Create(Create),
    /// List all keys, the newest first
    List(List),
    /// Let a key be good no longer, at once
    Revoke(Revoke),
}

#[derive(Debug, Args)]
struct Create {
    /// What people call it
    name: String,
    /// What it may be used for: publish, manage, observe, or several of them
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',', value_parser = scope)]
    scopes: Vec<Scope>,
    #[command(flatten)]
    database: Database,
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    database: Database,
}

#[derive(Debug, Args)]
struct Revoke {
    /// Which, as `tidings api-key list` shows it
    id: KeyId,
    #[command(flatten)]
    database: Database,
}

fn scope(text: &str) -> Result<Scope, &'static str> {
    match text {
        "publish" => Ok(Scope::Publish),
        "manage" => Ok(Scope::Manage),
        "observe" => Ok(Scope::Observe),
        _ => Err("publish, manage or observe"),
    }
}

impl ApiKeys {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self.action {
            Action::Create(create) => create.run().await,
            Action::List(list) => list.run().await,
            Action::Revoke(revoke) => revoke.run().await,
        }
    }
}

impl Create {
    async fn run(self) -> Result<(), Failure> {
        let wrong = |invalid: tidings_models::Invalid| Failure::usage(format!("{invalid}."));
        let name = text::word(self.name).map_err(wrong)?;
        let scopes = Scopes::of(&self.scopes).ok_or_else(|| Failure::usage("name at least one --scope."))?;
        let store = database::open_existing(&self.database).await?;
        let created_at = SystemClock.now();
        let key = ApiKey {
            id: KeyId::make(created_at, &SystemRandom),
            name,
            scopes,
            created_by: UserId::parse(MADE_BY).map_err(wrong)?,
            created_at,
            last_used_at: None,
            revoked_at: None,
        };
        let secret = Secret::make(SecretKind::ApiKey, &SystemRandom);
        let made = store.create_api_key(&key, &secret.digest()).await.map_err(stored)?;
        store.close().await;
        if !made {
            let most = ApiKey::MOST;
            return Err(Failure::new(format!(
                "there are {most} keys already: revoke one with `tidings api-key revoke`."
            )));
        }
        output::note(&format!("This is the key {}. It is shown only this once:", key.id));
        output::line(secret.expose())
    }
}

impl List {
    async fn run(self) -> Result<(), Failure> {
        let store = database::open_existing(&self.database).await?;
        let (mut keys, mut before) = (Vec::new(), None);
        loop {
            let page = store.api_keys(before, PAGE).await.map_err(stored)?;
            let Some(last) = page.last() else { break };
            before = Some(last.id);
            keys.extend(page);
        }
        store.close().await;
        output::line(&format!("{:<36}  {:<16} {:<25} {:<25} NAME", "ID", "SCOPES", "LAST USED", "STATE"))?;
        for key in keys {
            let scopes = key.scopes.list().iter().map(|scope| word(*scope)).collect::<Vec<_>>().join(",");
            let used = key.last_used_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
            let state = key.revoked_at.map_or_else(|| "good".to_owned(), |at| format!("revoked {at}"));
            output::line(&format!("{}  {scopes:<16} {used:<25} {state:<25} {}", key.id, printable(&key.name)))?;
        }
        Ok(())
    }
}

const fn word(scope: Scope) -> &'static str {
    match scope {
        Scope::Publish => "publish",
        Scope::Manage => "manage",
        Scope::Observe => "observe",
    }
}

impl Revoke {
    async fn run(self) -> Result<(), Failure> {
        let store = database::open_existing(&self.database).await?;
        let draft = Draft::Access { change: AccessChange::RevokeKey(self.id), at: SystemClock.now() };
        let done = store.commit(vec![draft]).await.map_err(stored)?;
        store.close().await;
        if done.outcomes.first() != Some(&Outcome::Done(true)) {
            return Err(Failure::new(format!("there is no key {} that is good.", self.id)));
        }
        output::note("The key is no longer good.");
        Ok(())
    }
}
