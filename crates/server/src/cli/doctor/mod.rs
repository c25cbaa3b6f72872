//! `tidings doctor`: looks at all parts of an installation with its settings, and says in plain words what is fine and
//! what to do about the rest. It makes nothing and changes nothing, whether or not a server runs.
//!
//! **To check something more:** a function that gives a [`Finding`], and a line in [`Doctor::look`].

use clap::Args;
use tidings_models::{Clock as _, SystemClock};

use super::output;
use crate::{
    config::{
        Bus as BusSettings, Database, Keep, Limits as LimitSettings, Log, Node as NodeSettings, Provider, Signing,
        Tls as TlsSettings,
    },
    failure::Failure,
};
use finding::{Finding, State};

mod bus;
mod clock;
mod database;
mod disk;
mod finding;
mod keys;
mod node;
mod tls;

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Print what is found as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    node: NodeSettings,
    #[command(flatten)]
    limits: LimitSettings,
    #[command(flatten)]
    keep: Keep,
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    bus: BusSettings,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    provider: Provider,
    #[command(flatten)]
    tls: TlsSettings,
    #[command(flatten)]
    log: Log,
}

impl Doctor {
    pub(super) async fn run(self, warnings: &[String]) -> Result<(), Failure> {
        let findings = self.look(warnings).await;
        let wrong = findings.iter().filter(|finding| finding.state == State::Wrong).count();
        if self.json {
            let body = serde_json::json!({"ok": wrong == 0, "findings": findings});
            output::line(&body.to_string())?;
        } else {
            let width = findings.iter().map(|finding| finding.part.len()).max().unwrap_or_default();
            findings.iter().try_for_each(|finding| output::line(&finding.line(width)))?;
        }
        match wrong {
            0 => Ok(()),
            1 => Err(Failure::new("one thing is wrong.")),
            many => Err(Failure::new(format!("{many} things are wrong."))),
        }
    }

    /// All that is looked at, in the order in which one mends it.
    async fn look(&self, warnings: &[String]) -> Vec<Finding> {
        let mut findings = vec![settings(warnings), open_files(self.node.streams_per_node)];
        let inspected = database::inspect(&self.database.database_url).await;
        findings.push(database::check(&self.database.database_url, &inspected));
        findings.extend(database::structure(&inspected));
        findings.extend(database::integrity(&self.database.database_url, &inspected));
        findings.extend(self.database.database_url.file().map(disk::check));
        findings.push(clock::check(&inspected, SystemClock.now()));
        findings.push(bus::check(&self.bus, &self.database).await);
        findings.push(keys::secret(&self.signing));
        findings.push(keys::public(&self.provider).await);
        findings.push(tls::check(&self.tls, SystemClock.now()));
        findings.push(node::origins(&self.node.cors_origins));
        findings.push(node::check(self.node.listen, self.tls.tls_cert_file.is_some()).await);
        findings
    }
}

/// Settings that cannot be read have ended the command by now. What is left is what does nothing.
fn settings(warnings: &[String]) -> Finding {
    match warnings {
        [] => Finding::fine("settings", "All that are set are known, and can be read."),
        several => Finding::mind("settings", several.join(" ")),
    }
}

/// Whether as many files may be open as there are to be streams.
fn open_files(streams: Option<u64>) -> Finding {
    const PART: &str = "open files";
    const RAISE: &str = "Raise the limit: ulimit -n, or LimitNOFILE= of systemd.";
    let files = crate::limits::raise_open_files();
    let fitting = crate::limits::streams(None, files);
    let asked = streams.and_then(|streams| usize::try_from(streams).ok());
    match asked {
        Some(asked) if asked > crate::limits::fitting(files) => Finding::wrong(
            PART,
            format!("{files} may be open, and TIDINGS_STREAMS_PER_NODE asks for {asked} streams. {RAISE}"),
        ),
        None if crate::limits::are_few(files) => {
            Finding::mind(PART, format!("{files} may be open, so this node has at most {fitting} streams. {RAISE}"))
        }
        _ => Finding::fine(PART, format!("{files} may be open: enough for {} streams.", asked.unwrap_or(fitting))),
    }
}
