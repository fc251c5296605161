//! File names for completion.

use std::fs;
use std::path::Path;

/// How many entries of a folder are looked at, and how many of them are offered.
const READ_MAX: usize = 10_000;
const OFFERED_MAX: usize = 1000;

/// The files and folders, these with a slash behind, whose path begins with `typed`. Names that are not UTF-8 cannot be
/// typed here and are left out.
pub(super) fn beginning_with(typed: &str) -> Vec<String> {
    let (folder, name) = typed.split_at(typed.rfind('/').map_or(0, |slash| slash + 1));
    let place = if folder.is_empty() { Path::new(".") } else { Path::new(folder) };
    let Ok(entries) = fs::read_dir(place) else { return Vec::new() };
    let entries = entries.take(READ_MAX).filter_map(Result::ok);
    let found = entries.filter_map(|entry| {
        let file = entry.file_name().into_string().ok()?;
        if !file.starts_with(name) {
            return None;
        }
        let kind = entry.file_type().ok()?;
        let is_folder = kind.is_dir() || kind.is_symlink() && entry.path().is_dir();
        Some(format!("{folder}{file}{}", if is_folder { "/" } else { "" }))
    });
    found.take(OFFERED_MAX).collect()
}
