//! The `tracing` event of a statement: in which span, and how loud.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, Once};
use std::time::Duration;

use orm_core::prelude::*;
use tracing::{Instrument, Level, span};

use crate::authors::{authors, filled, read};

thread_local! {
    static ENTERED: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    static SEEN: RefCell<Vec<(Level, Option<String>)>> = const { RefCell::new(Vec::new()) };
}

/// Notes of each event on `orm::sql` its level and the innermost span that is entered.
struct Spans {
    names: Mutex<HashMap<u64, String>>,
    next: AtomicU64,
}

impl Spans {
    fn install() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let spans = Spans { names: Mutex::default(), next: AtomicU64::new(1) };
            tracing::subscriber::set_global_default(spans).expect("there is no other");
        });
        SEEN.take();
    }
}

impl tracing::Subscriber for Spans {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.names.lock().unwrap().insert(id, span.metadata().name().to_owned());
        span::Id::from_u64(id)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        if event.metadata().target() == "orm::sql" {
            let span = ENTERED.with_borrow(|entered| entered.last().copied());
            let name = span.and_then(|id| self.names.lock().unwrap().get(&id).cloned());
            SEEN.with_borrow_mut(|seen| seen.push((*event.metadata().level(), name)));
        }
    }

    fn enter(&self, span: &span::Id) {
        ENTERED.with_borrow_mut(|entered| entered.push(span.into_u64()));
    }

    fn exit(&self, _: &span::Id) {
        ENTERED.with_borrow_mut(|entered| entered.pop());
    }
}

#[tokio::test]
async fn the_event_is_in_the_span_of_the_caller() -> Result<()> {
    let engine = authors().await?;
    Spans::install();
    async {
        read(&engine).await?;
        read(&engine).instrument(tracing::info_span!("inner")).await
    }
    .instrument(tracing::info_span!("request"))
    .await?;
    let spans: Vec<_> = SEEN.take().into_iter().map(|(_, span)| span.unwrap_or_default()).collect();
    assert_eq!(spans, ["request", "request", "inner", "inner"]);
    Ok(())
}

#[tokio::test]
async fn a_slow_statement_is_a_warning() -> Result<()> {
    let levels = async |threshold: Option<Duration>| -> Result<Vec<Level>> {
        let builder = Engine::builder("sqlite::memory:");
        let builder = match threshold {
            Some(threshold) => builder.slow_statements(threshold),
            None => builder,
        };
        let engine = filled(builder.connect().await?).await?;
        Spans::install();
        read(&engine).await?;
        Ok(SEEN.take().into_iter().map(|(level, _)| level).collect())
    };
    assert_eq!(levels(None).await?, [Level::DEBUG; 2]);
    assert_eq!(levels(Some(Duration::MAX)).await?, [Level::DEBUG; 2]);
    assert_eq!(levels(Some(Duration::ZERO)).await?, [Level::WARN; 2], "one event each, louder");
    Ok(())
}
