//! What a reader must know of the pages, as the kernel tells it, kept beside them.

use crate::Error;
use ftrace::Instance;
use recording::{EventChoice, Recording};
use std::fs;
use std::io::Write as _;
use std::path::Path;

/// What `trace_marker`, `trace_marker_raw` and the kernel's own notes make, in every instance.
const ALWAYS: [(&str, &str); 4] =
    [("ftrace", "print"), ("ftrace", "raw_data"), ("ftrace", "bprint"), ("ftrace", "bputs")];

/// Writes how pages are laid out, and the format of every event that can be in one. Gives back the size of a page.
///
/// # Errors
/// [`Error::Tracefs`], [`Error::Recording`], [`Error::System`].
pub(crate) fn write(
    recording: &Recording,
    instance: &Instance,
    events: &[EventChoice],
) -> Result<usize, Error> {
    let header = instance.read("events/header_page")?;
    keep(&recording.header_page_path(), &header)?;

    let on = events.iter().filter(|event| event.refused.is_none());
    let asked = on.map(|event| (event.system.as_str(), event.name.as_str()));
    for (system, name) in asked.chain(ALWAYS) {
        let format = match instance.read(&format!("events/{system}/{name}/format")) {
            // Not every kernel has every marker.
            Err(_) if ALWAYS.contains(&(system, name)) => continue,
            format => format?,
        };
        let folder = recording.events_dir().join(system).join(name);
        fs::create_dir_all(&folder).map_err(Error::system(format!("make {}", folder.display())))?;
        keep(&folder.join("format"), &format)?;
    }
    page_size(&header)
        .ok_or_else(|| Error::Keeper(format!("the kernel's header_page tells no size of a page: {header}")))
}

fn keep(path: &Path, text: &str) -> Result<(), Error> {
    let mut file = Recording::create_file(path)?;
    file.write_all(text.as_bytes()).map_err(Error::system(format!("write {}", path.display())))
}

/// Where the last field, `data`, ends: the sum of its offset and its size.
fn page_size(header: &str) -> Option<usize> {
    let data = header.lines().find(|line| line.contains(" data;"))?;
    let number = |key: &str| {
        let (_, behind) = data.split_once(key)?;
        behind.split_once(';')?.0.parse::<usize>().ok()
    };
    number("offset:")?.checked_add(number("size:")?).filter(|size| (1024..=1 << 20).contains(size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_page() {
        let header = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\
                      \tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n\
                      \tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n\
                      \tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n";
        assert_eq!(page_size(header), Some(4096));
        assert_eq!(page_size(&header.replace("4080", "65520")), Some(65536));
        for bad in ["", "\tfield: char data;", "\tfield: char data;\toffset:16;\tsize:99999999999999999999;"]
        {
            assert_eq!(page_size(bad), None, "{bad}");
        }
    }
}
