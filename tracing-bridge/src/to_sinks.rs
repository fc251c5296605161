//! From `tracing` to vmtrace's sinks.

use crate::bounded::Bounded;
use crate::level;
use crate::sink::TARGET;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::filter::Filtered;
use tracing_subscriber::layer::{Context, Filter, Layer};
use tracing_subscriber::registry::{LookupSpan, Scope};

/// The most bytes of an event's text: spans, message and fields.
pub const TEXT_MAX: usize = 2048;

/// The most bytes of a span's fields.
pub const SPAN_MAX: usize = 256;

/// The layer that hands `tracing`'s events to vmtrace's sinks, with the filter that lets those through which are on. The
/// filter is this layer's alone: others beside it see what they would without it.
///
/// A subscriber such as `tracing_subscriber::registry()` holds it. What is said while its level is off here costs a
/// question to the filter; spans are named in the text if one of the five events was on when they were opened.
#[must_use]
pub fn layer<S>() -> SinkLayer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    ToSinks(()).with_filter(IsOn(()))
}

/// What [`layer`] makes.
pub type SinkLayer<S> = Filtered<ToSinks, IsOn, S>;

/// Hands on what passes the filter.
#[derive(Debug)]
pub struct ToSinks(());

/// Lets through what is on.
#[derive(Debug)]
pub struct IsOn(());

/// A span's fields, kept with the span.
struct SpanFields(Bounded<SPAN_MAX>);

impl<S> Filter<S> for IsOn {
    #[inline]
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        if metadata.is_span() {
            level::is_any_on()
        } else {
            level::is_on(*metadata.level()) && is_foreign(metadata)
        }
    }

    /// The five are switched at any time, without a word to `tracing`: so it has to ask each time. It is told to forget
    /// the callsite if nothing of it is ever for us.
    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if is_foreign(metadata) { Interest::sometimes() } else { Interest::never() }
    }
}

/// Whether it was not vmtrace itself that said it.
fn is_foreign(metadata: &Metadata<'_>) -> bool {
    metadata.target() != TARGET
}

impl<S> Layer<S> for ToSinks
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = SpanFields(Bounded::new());
            attributes.record(&mut fields.0);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<SpanFields>()
        {
            values.record(&mut fields.0);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut text = Bounded::<TEXT_MAX>::new();
        let scope = context.event_scope(event).into_iter().flat_map(Scope::from_root);
        let mut is_within = false;
        for span in scope {
            text.push(span.name());
            if let Some(SpanFields(fields)) = span.extensions().get::<SpanFields>()
                && !fields.is_empty()
            {
                text.push("{");
                text.push(fields.as_str());
                text.push("}");
            }
            text.push(":");
            is_within = true;
        }
        if is_within {
            text.push(" ");
        }
        event.record(&mut text);
        level::emit(*event.metadata().level(), event.metadata().target(), text.as_str());
    }
}
