//! `tidings user`: the built-in accounts, straight in the database. It works while the server runs,
//! and when nobody can sign in any more.

use std::io::{self, BufRead as _};

use clap::{Args, Subcommand};
use secrecy::{ExposeSecret as _, SecretString};
use tidings_models::{
    AccessChange, Account, Clock as _, Draft, Outcome, PasswordHash, Role, Store, StoreError, SystemClock,
    SystemRandom, UserId, password,
};

use super::{output, token::role};
use crate::{config::Database, database, failure::Failure, printable::printable};

/// Accounts that are read at once.
const PAGE: u32 = 200;

#[derive(Debug, Args)]
pub(crate) struct User {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make an account
    Add(Add),
    /// List all accounts
    List(List),
    /// Give an account another password, and end its sessions
    Password(Password),
    /// No longer let somebody sign in, and end all that they are signed in by
    Disable(Named),
    /// Let somebody sign in again
    Enable(Named),
    /// Say what somebody may do, and end their sessions
    Role(SetRole),
    /// End all that somebody is signed in by: sessions, streams and tokens. They may sign in again
    Revoke(Named),
    /// Remove an account. What is in the inbox stays
    Remove(Named),
}

#[derive(Debug, Args)]
struct Add {
    #[command(flatten)]
    named: Named,
    /// What they may do: user or admin
    #[arg(long, default_value = "user", value_parser = role)]
    role: Role,
    #[command(flatten)]
    source: Source,
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    database: Database,
}

#[derive(Debug, Args)]
struct Password {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    source: Source,
}

#[derive(Debug, Args)]
struct SetRole {
    #[command(flatten)]
    named: Named,
    /// user or admin
    #[arg(value_parser = role)]
    role: Role,
}

#[derive(Debug, Args)]
struct Named {
    /// The name that they sign in with
    #[arg(value_parser = UserId::parse)]
    user: UserId,
    #[command(flatten)]
    database: Database,
}

/// Where the password comes from. Never from an argument: everybody on the machine sees those.
#[derive(Clone, Copy, Debug, Args)]
#[group(multiple = false)]
struct Source {
    /// Make one up and print it
    #[arg(long)]
    generate: bool,
    /// Read it from the first line of standard input
    #[arg(long)]
    stdin: bool,
}

impl User {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self.action {
            Action::Add(add) => add.run().await,
            Action::List(list) => list.run().await,
            Action::Password(password) => password.run().await,
            Action::Disable(named) => named.set_disabled(true).await,
            Action::Enable(named) => named.set_disabled(false).await,
            Action::Role(role) => role.run().await,
            Action::Revoke(named) => named.revoke().await,
            Action::Remove(named) => named.remove().await,
        }
    }
}

impl Add {
    async fn run(self) -> Result<(), Failure> {
        let user = UserId::parse_account(self.named.user.as_str()).map_err(|error| Failure::new(error.to_string()))?;
        let store = database::open_existing(&self.named.database).await?;
        // Asked first, so that nobody types a password in vain.
        if store.account(&user).await.map_err(stored)?.is_some() {
            return Err(taken(&user));
        }
        let (password, hash) = self.source.password(&user)?;
        let created_at = SystemClock.now();
        let account = Account {
            user: user.clone(),
            role: self.role,
            disabled: false,
            must_change: self.source.generate,
            password: hash,
            created_at,
        };
        let made = store.create_account(&account).await.map_err(stored)?;
        store.close().await;
        if !made {
            return Err(taken(&user));
        }
        output::note(&format!("{} can sign in as {}.", user, self.role.as_str()));
        self.source.show(&password)
    }
}

impl List {
    async fn run(self) -> Result<(), Failure> {
        let store = database::open_existing(&self.database).await?;
        let (mut accounts, mut after) = (Vec::new(), None);
        loop {
            let page = store.accounts(after.as_ref(), PAGE).await.map_err(stored)?;
            let Some(last) = page.last() else { break };
            after = Some(last.user.clone());
            accounts.extend(page);
        }
        store.close().await;
        output::line(&format!("{:<24} {:<8} {:<10} {}", "USER", "ROLE", "STATE", "SINCE"))?;
        for Account { user, role, disabled, created_at, .. } in accounts {
            let state = if disabled { "disabled" } else { "active" };
            output::line(&format!("{:<24} {:<8} {state:<10} {created_at}", printable(user.as_str()), role.as_str()))?;
        }
        Ok(())
    }
}

impl Password {
    async fn run(self) -> Result<(), Failure> {
        let store = database::open_existing(&self.named.database).await?;
        let user = self.named.user;
        if store.account(&user).await.map_err(stored)?.is_none() {
            return Err(unknown(&user));
        }
        let (password, hash) = self.source.password(&user)?;
        let must_change = self.source.generate;
        let set = AccessChange::SetPassword { user: user.clone(), password: hash, must_change, own: None };
        change(&*store, &user, set).await?;
        store.close().await;
        output::note(&format!("{user} has another password."));
        self.source.show(&password)
    }
}

impl Named {
    async fn set_disabled(self, disabled: bool) -> Result<(), Failure> {
        let store = database::open_existing(&self.database).await?;
        change(&*store, &self.user, AccessChange::SetDisabled(self.user.clone(), disabled)).await?;
        store.close().await;
        let can = if disabled { "can no longer" } else { "can again" };
        output::note(&format!("{} {can} sign in.", self.user));
        Ok(())
    }
}

impl Named {
    async fn revoke(self) -> Result<(), Failure> {
        let store = database::open_existing(&self.database).await?;
        change(&*store, &self.user, AccessChange::EndUser(self.user.clone())).await?;
        store.close().await;
        output::note(&format!("{} is signed out everywhere.", self.user));
        Ok(())
    }

    async fn remove(self) -> Result<(), Failure> {
        let store = database::open_existing(&self.database).await?;
        change(&*store, &self.user, AccessChange::DropAccount(self.user.clone())).await?;
        store.close().await;
        output::note(&format!("There is no account {} any more.", self.user));
        Ok(())
    }
}

impl SetRole {
    async fn run(self) -> Result<(), Failure> {
        let Named { user, database } = self.named;
        let store = database::open_existing(&database).await?;
        change(&*store, &user, AccessChange::SetRole(user.clone(), self.role)).await?;
        store.close().await;
        output::note(&format!("{user} can sign in as {}.", self.role.as_str()));
        Ok(())
    }
}

/// Changes an account by way of the log, so that a server that runs learns of it.
async fn change(store: &dyn Store, user: &UserId, change: AccessChange) -> Result<(), Failure> {
    let done = store.commit(vec![Draft::Access { change, at: SystemClock.now() }]).await.map_err(stored)?;
    if done.outcomes.first() == Some(&Outcome::Done(true)) { Ok(()) } else { Err(unknown(user)) }
}

impl Source {
    fn password(self, user: &UserId) -> Result<(SecretString, PasswordHash), Failure> {
        let password = if self.generate {
            password::generate(&SystemRandom)
        } else if self.stdin {
            let mut line = String::new();
            io::stdin().lock().read_line(&mut line).map_err(|error| Failure::new(error.to_string()))?;
            line.trim_end_matches(['\r', '\n']).into()
        } else {
            prompt()?
        };
        let hash = PasswordHash::make(&password, user.as_str()).map_err(|error| Failure::new(format!("{error}.")))?;
        Ok((password, hash))
    }

    /// A generated password is the result of the command; one that was given is not shown.
    fn show(self, password: &SecretString) -> Result<(), Failure> {
        if self.generate { output::line(password.expose_secret()) } else { Ok(()) }
    }
}

fn prompt() -> Result<SecretString, Failure> {
    let ask = |text: &str| {
        rpassword::prompt_password(text).map(SecretString::from).map_err(|error| {
            Failure::new(format!("no password could be read ({error}): use --stdin or --generate without a terminal."))
        })
    };
    let (first, second) = (ask("Password: ")?, ask("Again: ")?);
    if first.expose_secret() == second.expose_secret() {
        Ok(first)
    } else {
        Err(Failure::new("those were two different passwords; nothing was changed."))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` wants")]
pub(super) fn stored(error: StoreError) -> Failure {
    Failure::new(error.to_string())
}

fn taken(user: &UserId) -> Failure {
    Failure::new(format!(
        "there is an account {user} already. To give it another password: tidings user password {user}"
    ))
}

fn unknown(user: &UserId) -> Failure {
    Failure::new(format!("there is no account {user}. `tidings user list` shows those that there are."))
}
