//! How QEMU's answers become what ours are to be, where `differences.rs` names a rule and not a text.

use crate::answer::Answer;
use crate::oracle::Exchange;
use std::ops::RangeInclusive;

/// An answer that is a text.
pub(crate) fn human(text: &str) -> Answer {
    let text = serde_json::to_string(text).expect("a string can be written");
    Answer::read(format!("{{\"return\": {text}}}").as_bytes()).expect("JSON of ours")
}

/// The lines of a text that QEMU's first answer is; `None` of another case than those of the human monitor.
fn lines(exchange: &Exchange<'_>, answers: &[Answer]) -> Option<Vec<String>> {
    let Answer::Scalar(text) = answers.first()?.at(&["return"])? else { return None };
    let text: String = serde_json::from_str(text).ok()?;
    exchange
        .case
        .name
        .starts_with("human: ")
        .then(|| text.split_inclusive("\r\n").map(str::to_owned).collect())
}

/// The lists of events that QEMU's answers have.
fn event_lists<'a>(exchange: &'a mut Exchange<'_>) -> impl Iterator<Item = &'a mut Vec<Answer>> {
    let lists = exchange.qemu.iter_mut().filter_map(|answer| match answer.at_mut(&["return"]) {
        Some(Answer::Array(list)) => Some(list),
        _ => None,
    });
    lists.filter(|list| list.iter().all(|event| event.at(&["state"]).is_some()))
}

pub(crate) fn vcpu(exchange: &mut Exchange<'_>) -> bool {
    let mut changed = false;
    for event in event_lists(exchange).flatten() {
        if let Answer::Object(members) = event {
            changed |= members.remove("vcpu").is_some();
        }
    }
    changed
}

pub(crate) fn order(exchange: &mut Exchange<'_>) -> bool {
    let mut changed = false;
    for list in event_lists(exchange) {
        list.reverse();
        changed |= list.len() > 1;
    }
    if let Some(mut lines) = lines(exchange, &exchange.qemu).filter(|lines| lines.len() > 1)
        && lines.iter().all(|line| line.contains(" : state "))
    {
        lines.reverse();
        exchange.qemu[0] = human(&lines.concat());
        changed = true;
    }
    changed
}

pub(crate) fn digits(exchange: &mut Exchange<'_>) -> bool {
    let mut changed = false;
    for (qemu, ours) in exchange.qemu.iter_mut().zip(&exchange.ours) {
        if let (Some(Answer::Scalar(qemu)), Some(Answer::Scalar(ours))) =
            (qemu.at_mut(&["id"]), ours.at(&["id"]))
        {
            let same = qemu.parse::<f64>().ok().filter(|number| Ok(*number) == ours.parse());
            if same.is_some() && qemu != ours {
                changed = true;
                qemu.clone_from(ours);
            }
        }
    }
    changed
}

pub(crate) fn long_word(exchange: &mut Exchange<'_>) -> bool {
    const SHOWN: usize = 128;
    let begin = "\"JSON parse error, invalid keyword '";
    in_descriptions(exchange, |desc| match desc.strip_prefix(begin) {
        Some(rest) if rest.len() > SHOWN + 2 => format!("{begin}{}...'\"", &rest[..SHOWN]),
        _ => desc.to_owned(),
    })
}

/// The 128 bytes are of what was sent, which may not be UTF-8: some fewer may be left of what is shown.
pub(crate) fn long_stray(exchange: &mut Exchange<'_>) -> bool {
    const SHOWN: RangeInclusive<usize> = 100..=3 * 128;
    let mut changed = false;
    for (qemu, ours) in exchange.qemu.iter_mut().zip(&exchange.ours) {
        let [whole, cut] = [&*qemu, ours].map(|answer| match answer.at(&["error", "desc"]) {
            Some(Answer::Scalar(desc)) => serde_json::from_str(desc).unwrap_or_default(),
            _ => String::new(),
        });
        let shown = cut.strip_suffix("...'").filter(|shown| shown.starts_with("JSON parse error, stray '"));
        if shown.is_some_and(|shown| whole.starts_with(shown) && SHOWN.contains(&shown.len())) {
            qemu.clone_from(ours);
            changed = true;
        }
    }
    changed
}

pub(crate) fn long_argument(exchange: &mut Exchange<'_>) -> bool {
    let typed =
        exchange.case.name.strip_prefix("human: trace-event x").and_then(|rest| rest.strip_suffix(" on"));
    let Some(typed) = typed.filter(|rest| rest.len() > 1023) else { return false };
    exchange.qemu[0] = human(&format!("unknown event \"x{typed}\"\r\n"));
    true
}

pub(crate) fn too_long(exchange: &mut Exchange<'_>) -> bool {
    let Some(typed) = exchange.case.name.strip_prefix("human: ").filter(|typed| typed.len() > 4095) else {
        return false;
    };
    exchange.qemu[0] = human(&format!("line too long: {} bytes, at most 4095\r\n", typed.len()));
    true
}

/// The case's last line, which both refuse, stays.
pub(crate) fn too_deep(exchange: &mut Exchange<'_>) -> bool {
    let exceeded = |answer: &Answer| answer.to_string().contains("\"JSON nesting depth limit exceeded\"");
    let deep = exchange.case.name.starts_with("deep: ") && exchange.qemu.first().is_some_and(exceeded);
    deep && exchange.qemu.drain(1..exchange.qemu.len() - 1).next().is_some()
}

pub(crate) fn commands(exchange: &mut Exchange<'_>) -> bool {
    if exchange.case.name != "request: query-commands" {
        return false;
    }
    let [mut qemu, ours] = [&exchange.qemu, &exchange.ours].map(|answers| match answers[0].at(&["return"]) {
        Some(Answer::Array(commands)) => commands.clone(),
        _ => panic!("no list of commands: {}", answers[0]),
    });
    qemu.retain(|command| ours.contains(command));
    let (here, own): (Vec<_>, Vec<_>) = ours.iter().partition(|command| qemu.contains(command));
    let own = own.iter().all(|command| command.to_string().starts_with("{\"name\": \"x-vmtrace-"));
    assert!(own && here.len() >= 7, "{}", exchange.ours[0]);
    exchange.qemu.clone_from(&exchange.ours);
    true
}

/// Changes what QEMU's errors say.
fn in_descriptions(exchange: &mut Exchange<'_>, change: impl Fn(&str) -> String) -> bool {
    let mut changed = false;
    for answer in &mut exchange.qemu {
        if let Some(Answer::Scalar(desc)) = answer.at_mut(&["error", "desc"]) {
            let new = change(desc);
            changed |= new != *desc;
            *desc = new;
        }
    }
    changed
}

/// The help that mentions a vcpu's number.
pub(crate) fn vcpu_help(exchange: &mut Exchange<'_>) -> bool {
    let Some(mut lines) = lines(exchange, &exchange.qemu) else { return false };
    let mut changed = false;
    for line in &mut lines {
        let new = match line.as_str() {
            line if line.starts_with("trace-event ") && line.contains(" -- ") => {
                "trace-event name on|off -- changes status of a specific trace event (name: event name pattern)\r\n"
            }
            line if line.starts_with("info trace-events ") => {
                "info trace-events [name] -- show available trace-events & their state (name: event name pattern)\r\n"
            }
            _ => continue,
        };
        changed |= new != line;
        new.clone_into(line);
    }
    exchange.qemu[0] = human(&lines.concat());
    changed
}

/// Of QEMU's help those lines are there that ours has as well; what else ours has is of its own commands.
pub(crate) fn help(exchange: &mut Exchange<'_>) -> bool {
    // a QEMU that is built without the binary trace has no trace-file
    const OWN: [&str; 6] = [
        "monitored-exit ",
        "info version ",
        "trace-file ",
        "trace-route ",
        "info trace-routes ",
        "info trace-sinks ",
    ];
    let ["human: help" | "human: ?" | "human: info" | "human: info " | "human: help info"] =
        [exchange.case.name.as_str()]
    else {
        return false;
    };
    let (Some(qemu), Some(ours)) = (lines(exchange, &exchange.qemu), lines(exchange, &exchange.ours)) else {
        return false;
    };
    let expected = |line: &&String| qemu.contains(line) || OWN.iter().any(|own| line.starts_with(own));
    exchange.qemu[0] = human(&ours.iter().filter(expected).cloned().collect::<String>());
    true
}

/// Of QEMU's log items those are there that ours has as well. Ours says why it lists them.
pub(crate) fn log_items(exchange: &mut Exchange<'_>) -> bool {
    let (Some(qemu), Some(mut ours)) = (lines(exchange, &exchange.qemu), lines(exchange, &exchange.ours))
    else {
        return false;
    };
    if qemu.first().is_none_or(|line| line != "Log items (comma separated):\r\n") {
        return false;
    }
    let item = exchange.case.name.trim_start_matches("human: log ").trim_end_matches(",none");
    let item = item.trim_end_matches(',');
    let why = format!(
        "log: there is no log item `{item}`: there are trace:PATTERN, for trace events, tid and none\r\n"
    );
    ours.retain(|line| qemu.contains(line) || *line == why);
    exchange.qemu[0] = human(&ours.concat());
    true
}

/// Log items of QEMU's that ours does not have.
pub(crate) fn no_log_item(exchange: &mut Exchange<'_>) -> bool {
    let Some(item @ ("cpu" | "all")) = exchange.case.name.strip_prefix("human: log ") else { return false };
    exchange.qemu[0] = human(&format!(
        "log: there is no log item `{item}`: there are trace:PATTERN, for trace events, tid and none\r\n\
         Log items (comma separated):\r\n\
         none            remove all logs\r\n\
         tid             open a separate log file per thread; filename must contain '%d'\r\n\
         trace:PATTERN   enable trace events\r\n\
         \r\nUse \"log trace:help\" to get a list of trace events.\r\n\r\n"
    ));
    true
}
