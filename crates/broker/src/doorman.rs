//! Shows those out whose token has ended and who do not go by themselves.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::hub::Hub;

/// How late a place may be taken back.
const INTERVAL: Duration = Duration::from_secs(2);

/// Looks for as long as the process lives.
pub(crate) async fn run(hub: Arc<Hub>) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        hub.release_expired(Instant::now());
    }
}
