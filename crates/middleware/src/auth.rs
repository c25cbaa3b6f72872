//! What the middleware needs to know, in one value: shared as `web::Data<Auth>`.

use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretBox;
use tidings_models::{
    Address, Clock, Digest, Random, Revoked, Timestamp,
    access::{ApiKey, ShownSecret, SignIn, SignInId, TicketId},
};

use crate::{
    Credential, Directory, Limits, Origins, Principal, Problem, Refusals, Register, Tickets, Tokens, credentials,
};

/// Whom to believe, and which origins to serve.
pub struct Auth {
    /// Checks and makes tokens.
    pub tokens: Tokens,
    /// Whose sign-ins and keys are whose.
    pub register: Register,
    /// Makes and opens tickets.
    pub tickets: Tickets,
    /// What was taken away.
    pub revoked: Arc<Revoked>,
    /// The origins whose pages may call, beside our own.
    pub origins: Origins,
    /// How often requests may come, and from where they do.
    pub limits: Limits,
    /// Who was turned away.
    pub refusals: Refusals,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub random: Arc<dyn Random>,
}

impl Auth {
    /// Believes tokens alone: there are neither sign-ins nor keys, nothing is taken away, nothing is limited.
    pub fn of_tokens(tokens: Tokens, origins: Origins, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let revoked = Arc::<Revoked>::default();
        let mut secret = [0; 32];
        random.fill(&mut secret);
        Self {
            tokens,
            register: Register::new(Arc::new(Nobody), Arc::clone(&revoked)),
            tickets: Tickets::new(&SecretBox::new(Box::new(secret))),
            revoked,
            origins,
            limits: Limits::default(),
            refusals: Refusals::default(),
            clock,
            random,
        }
    }
}

impl Auth {
    /// Whose a token is that somebody shows from `address` over a connection that is open.
    pub async fn believe(&self, token: &str, address: Address) -> Result<Principal, Problem> {
        credentials::believe(self, || address, token, Credential::Bearer, self.clock.now()).await
    }

    /// Takes note of what was refused over a connection that is open. (`edge` does, of a request.)
    pub fn refused(&self, problem: &Problem, address: Address) {
        problem.log();
        self.refusals.note(problem.code(), || address, self.clock.now());
    }
}

/// Knows nobody.
struct Nobody;

#[async_trait]
impl Directory for Nobody {
    async fn sign_in(&self, _: &Digest, _: Timestamp) -> Result<Option<(SignIn, ShownSecret)>, Problem> {
        Ok(None)
    }

    async fn sign_in_of(&self, _: SignInId) -> Result<Option<SignIn>, Problem> {
        Ok(None)
    }

    async fn api_key(&self, _: &Digest, _: Timestamp) -> Result<Option<ApiKey>, Problem> {
        Ok(None)
    }

    async fn redeem(&self, _: TicketId, _: Timestamp) -> Result<bool, Problem> {
        Ok(false)
    }
}
