//! What a `-trace` option asks for: switches, and the sinks that are to be opened for them.

use crate::error::Error;
use crate::event::Group;
use crate::events_file;
use crate::option::TraceOption;
use crate::plan::Switch;
use crate::select;

/// What a `-trace` option wants switched, and the sinks that it asks for.
pub(crate) fn option_switches(
    option: &TraceOption,
    known: &[&str],
    default: &[String],
    switches: &mut Vec<Switch>,
    asked: &mut Vec<String>,
) -> Result<(), Error> {
    let whence = format!("-trace {}", option.source);
    for name in &option.sinks {
        check_sink(name, known, &whence)?;
    }
    asked.extend(option.sinks.iter().cloned());
    let switch = |pattern: &str, whence: String| match option.sinks.as_slice() {
        [] => Switch::new(pattern, default, whence).by_default(),
        sinks => Switch::new(pattern, sinks, whence),
    };
    for pattern in &option.patterns {
        switches.push(switch(pattern, whence.clone()));
    }
    for path in &option.events {
        for entry in events_file::read(path)? {
            let whence = format!("{}:{}", path.display(), entry.line);
            switches.push(switch(&entry.pattern, whence));
        }
    }
    Ok(())
}

pub(crate) fn check_sink(name: &str, known: &[&str], whence: &str) -> Result<(), Error> {
    if known.contains(&name) {
        return Ok(());
    }
    let known = known.join(", ");
    Err(Error::UnknownSink { name: name.to_owned(), known, whence: whence.to_owned() })
}

/// The sinks that an option's events go to in any case, since their C was made so. Of an option that names sinks, none.
pub(crate) fn settled_sinks(option: &TraceOption, groups: &[&'static Group]) -> Vec<&'static str> {
    let is_any = option.patterns.is_empty() || !option.events.is_empty();
    let is_meant =
        |name: &str| is_any || option.patterns.iter().any(|pattern| select::is_named(pattern)(name));
    let is_settled =
        |group: &Group| group.events().iter().any(|event| event.switch().is_some() && is_meant(event.name()));
    let settled = groups.iter().filter(|group| option.sinks.is_empty() && is_settled(group));
    settled.filter_map(|group| group.backends()).flatten().copied().collect()
}
