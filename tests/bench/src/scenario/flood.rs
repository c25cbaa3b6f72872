//! A thousand streams while somebody floods the server.
//!
//! The flood is that of a stock tool, slowhttptest: connections whose heads, or bodies, come byte by byte, that take their
//! answers byte by byte, or that are opened in masses and say no more than a beginning. All come from the address of the
//! streams, and the limits of an address are out of the way: what is measured is what they would let through. The
//! tool and the generator run on the machine of the server; what they take of it is in the figures of the flood.
//!
//! 500 notifications a second go to single users. Delivery counts from when the request was due to when the event was
//! read. Beside it stands how many connections the server had at the end of that phase, a thousand of which are streams.

use std::{
    fs,
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use super::{
    Sizes, Stage, Value, float,
    stage::{Audience, Load},
};
use crate::{
    failure::{Failure, Result},
    load::{http::How, tally::millis},
    process::memory,
};

pub(super) const RECEIVERS: u32 = 1_000;
const RATE: f64 = 500.0;
const TOOL: &str = "slowhttptest";
/// For how long the tool would go on, in seconds, if it were not ended.
const AT_MOST: &str = "300";

/// A kind of flood: the metrics, and what the tool is told.
struct Kind {
    p99: &'static str,
    connections: &'static str,
    path: &'static str,
    args: &'static [&'static str],
}

const FLOODS: [Kind; 4] = [
    Kind {
        p99: "p99, slow heads",
        connections: "connections, slow heads",
        path: "/api/v1/inbox",
        // New ones all the time: the server closes each after some seconds.
        args: &["-H", "-c", "30000", "-r", "300", "-i", "1", "-x", "24"],
    },
    Kind {
        p99: "p99, slow bodies",
        connections: "connections, slow bodies",
        path: "/api/v1/auth/login",
        args: &["-B", "-c", "1000", "-r", "500", "-i", "1", "-x", "24", "-s", "8192", "-f", "application/json"],
    },
    Kind {
        p99: "p99, slow reads",
        connections: "connections, slow reads",
        path: "/",
        args: &["-X", "-c", "1000", "-r", "500", "-n", "1", "-w", "10", "-y", "20", "-z", "5", "-k", "3"],
    },
    Kind {
        p99: "p99, connections",
        connections: "connections, connections",
        path: "/api/v1/inbox",
        args: &["-H", "-c", "60000", "-r", "1500", "-i", "240"],
    },
];

pub(super) fn run(stage: &mut Stage, sizes: &Sizes) -> Result<Vec<Value>> {
    stage.open_and_warm_up()?;
    let target = stage.contestant.address();
    let at = float(stage.users.into());
    let mut values = Vec::new();
    let mut value = |metric, unit, value| values.push(Value { scenario: "flood", at, metric, unit, value });
    let quiet = measure(stage, sizes)?;
    value("p99, nobody floods", "ms", quiet.p99);
    let mut lost = quiet.lost;
    for kind in &FLOODS {
        let flood = Flood::start(target, kind)?;
        let rising = measure(stage, sizes)?;
        let under = measure(stage, sizes)?;
        value(kind.connections, "", float(connections(target.port())?));
        drop(flood);
        lost += rising.lost + under.lost;
        value(kind.p99, "ms", under.p99);
    }
    value("lost", "events", lost);
    value("memory", "MB", memory(&stage.contestant.processes())? * 1.024 / 1000.0);
    Ok(values)
}

struct Measured {
    p99: f64,
    lost: f64,
}

fn measure(stage: &mut Stage, sizes: &Sizes) -> Result<Measured> {
    let audience = Audience::Random(stage.users);
    let phase =
        stage.run(Load { audience, how: How::Paced(RATE), connections: 32, time: sizes.time, most: u64::MAX })?;
    let tally = &stage.streams.tally;
    Ok(Measured { p99: millis(&tally.delivery, 0.99), lost: float(phase.expected.saturating_sub(tally.deliveries)) })
}

/// The tool, while it runs.
struct Flood(Child);

impl Flood {
    fn start(target: SocketAddr, kind: &Kind) -> Result<Self> {
        let url = format!("http://{target}{}", kind.path);
        let child = Command::new(TOOL)
            .args(kind.args)
            .args(["-l", AT_MOST, "-p", "5", "-u", &url])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(Failure::at(format!("starting {TOOL} (make peers installs it)")))?;
        Ok(Self(child))
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        let _ = self.0.kill(); // it may have ended already
        let _ = self.0.wait();
    }
}

/// Open connections to a port of this machine.
fn connections(port: u16) -> Result<u64> {
    let table = fs::read_to_string("/proc/net/tcp").map_err(Failure::at("/proc/net/tcp"))?;
    let open = |line: &&str| {
        let mut fields = line.split_whitespace().skip(1);
        let (local, state) = (fields.next(), fields.nth(1));
        local.is_some_and(|local| local.ends_with(&format!(":{port:04X}"))) && state == Some("01")
    };
    Ok(table.lines().filter(open).count() as u64)
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn connections_are_counted() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        let open: Vec<_> = (0..3).map(|_| TcpStream::connect(address).unwrap()).collect();
        assert_eq!((open.len(), connections(address.port()).unwrap()), (3, 3));
    }
}
