//! The log: to standard error, one entry a line, whatever text of others is in it.

use std::{fmt::Write as _, io};

use tracing::field::Field;
use tracing_subscriber::{
    Layer, Registry,
    field::MakeExt as _,
    fmt::{self, MakeWriter, format::Writer},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::{
    config::{Log, LogFormat},
    failure::Failure,
    printable::Printable,
};

/// Starts logging, for the rest of the process.
pub(crate) fn start(settings: &Log) -> Result<(), Failure> {
    let layer = layer(settings.log_format, io::stderr);
    let registry = tracing_subscriber::registry().with(layer.with_filter(settings.log.filter()));
    registry.try_init().map_err(|error| Failure::new(format!("the log cannot be started: {error}")))?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(message = panic.payload_as_str().unwrap_or("a panic"), place, "a task panicked");
    }));
    Ok(())
}

/// JSON escapes by itself. The text format leaves line ends of what it is given with `%` or as a
/// message as they are, so each field passes [`Printable`] on its way.
fn layer<W>(format: LogFormat, writer: W) -> Box<dyn Layer<Registry> + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    match format {
        LogFormat::Json => fmt::layer().json().flatten_event(true).with_writer(writer).boxed(),
        LogFormat::Text => {
            let fields = fmt::format::debug_fn(field).delimited(" ");
            fmt::layer().with_ansi(false).fmt_fields(fields).with_writer(writer).boxed()
        }
    }
}

fn field(writer: &mut Writer<'_>, field: &Field, value: &dyn std::fmt::Debug) -> std::fmt::Result {
    match field.name() {
        // Where a record of the `log` crate comes from stands before it already.
        name if name.starts_with("log.") => return Ok(()),
        "message" => {}
        name => write!(writer, "{name}=")?,
    }
    write!(Printable(writer), "{value:?}")
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A name that tries to be a line of its own.
    const FORGER: &str = "eve\r\n2026-11-21T00:00:00Z  INFO forged\u{1b}[2J\u{2028}x\u{9b}1m";

    fn logged(format: LogFormat) -> String {
        let sink = Sink::default();
        let writer = sink.clone();
        let subscriber = tracing_subscriber::registry().with(layer(format, move || writer.clone()));
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!("request", user = %FORGER, id = 7, late = tracing::field::Empty);
            span.record("late", tracing::field::display(FORGER));
            let _entered = span.enter();
            tracing::info!(raw = %FORGER, quoted = FORGER, debug = ?FORGER, "hello {FORGER}");
        });
        let bytes = sink.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn nobody_forges_a_line_of_text() {
        let text = logged(LogFormat::Text);
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.trim_end_matches('\n').chars().any(crate::printable::is_unsafe), "{text:?}");
        for part in
            [r"raw=eve\r\n2026", r"user=eve\r\n", "id=7", r"late=eve\r\n", r"hello eve\r\n", r#"quoted="eve\r\n"#]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn nobody_forges_a_line_of_json() {
        let text = logged(LogFormat::Json);
        assert_eq!(text.matches('\n').count(), 1, "{text:?}");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["raw"], FORGER);
        assert_eq!(line["span"]["user"], FORGER);
    }
}
