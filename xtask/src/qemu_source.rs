//! The tree of QEMU 10.2 or newer that has its test of tracetool: one at hand (`QEMU_SRC=`), or Debian's source package.

use crate::packages::on_path;
use anyhow::{Context, Result, bail};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// What a tree must have.
pub(crate) const TEST: &str = "tests/tracetool/tracetool-test.py";

/// The first version whose source has `tests/tracetool`; the epoch is Debian's.
const OLDEST: &str = "1:10.2";

/// Where Debian has such a version: unstable first, which keeps several.
const SUITES: &[&str] = &["sid", "testing", "stable"];

/// A place that apt is set up for.
struct Archive {
    uri: String,
    /// A keyring; if none is named, apt takes those it trusts.
    signed_by: Option<String>,
}

/// The tree that `QEMU_SRC` names; an error if it has no such test.
pub(crate) fn at_hand() -> Result<Option<PathBuf>> {
    let Some(tree) = env::var_os("QEMU_SRC").map(PathBuf::from) else { return Ok(None) };
    if !tree.join(TEST).is_file() {
        bail!("QEMU_SRC={}: no {TEST} there, QEMU has it from 10.2 on", tree.display());
    }
    Ok(Some(tree))
}

/// How much of a tree is wanted.
#[derive(Clone, Copy)]
pub(crate) enum Wanted {
    /// The test of tracetool.
    Test,
    /// All.
    All,
}

/// A folder with what is wanted of Debian's source package; it stays under `target`.
pub(crate) fn fetched(shell: &Shell, wanted: Wanted) -> Result<PathBuf> {
    let folder = shell.current_dir().join(match wanted {
        Wanted::Test => "target/conformance/source",
        Wanted::All => "target/qemu/source",
    });
    if let Some(tree) = unpacked(&folder) {
        return Ok(tree);
    }
    for program in ["apt-get", "dpkg", "tar", "xz"] {
        if !on_path(program) {
            bail!("no {program} to fetch QEMU's source with; QEMU_SRC=FOLDER names a tree at hand");
        }
    }
    let archives = archives()?;
    let mut reasons = Vec::new();
    for archive in &archives {
        for suite in SUITES {
            match fetch(shell, &folder, wanted, archive, suite) {
                Ok(tree) => return Ok(tree),
                Err(reason) => reasons.push(format!("{suite}: {reason:#}")),
            }
        }
    }
    if reasons.is_empty() {
        bail!("apt has no Debian archive among its sources; QEMU_SRC=FOLDER names a tree at hand");
    }
    bail!("{}", reasons.join("; "))
}

/// What an earlier run unpacked.
fn unpacked(folder: &Path) -> Option<PathBuf> {
    let trees = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    trees.filter(|tree| tree.join(TEST).is_file()).min()
}

/// The Debian archives of this machine's apt, from both kinds of its files (sources.list(5)).
fn archives() -> Result<Vec<Archive>> {
    let mut archives: Vec<Archive> = Vec::new();
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    if let Ok(folder) = fs::read_dir("/etc/apt/sources.list.d") {
        files.extend(folder.filter_map(|entry| Some(entry.ok()?.path())));
    }
    files.sort();
    for file in files.iter().filter(|file| file.is_file()) {
        let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        archives.extend(if file.extension().is_some_and(|extension| extension == "sources") {
            text.split("\n\n").filter_map(of_stanza).collect::<Vec<_>>()
        } else {
            text.lines().filter_map(of_line).collect()
        });
    }
    archives.retain(|archive| archive.uri.trim_end_matches('/').ends_with("/debian"));
    archives.sort_by(|a, b| a.uri.cmp(&b.uri));
    archives.dedup_by(|a, b| a.uri == b.uri);
    Ok(archives)
}

/// `Types: deb`, `URIs: …`, a field a line.
fn of_stanza(stanza: &str) -> Option<Archive> {
    let field = |name: &str| {
        let mut fields = stanza.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    };
    let uri = field("URIs")?.split_whitespace().next()?.to_owned();
    Some(Archive { uri, signed_by: field("Signed-By") })
}

/// `deb [signed-by=…] URI SUITE COMPONENT…`
fn of_line(line: &str) -> Option<Archive> {
    let rest = line.trim().strip_prefix("deb ")?.trim();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let signed_by = options.split_whitespace().find_map(|option| option.strip_prefix("signed-by="));
    let uri = rest.split_whitespace().next()?.to_owned();
    Some(Archive { uri, signed_by: signed_by.map(str::to_owned) })
}

/// Fetches the oldest version that a suite has and unpacks what is wanted of it.
fn fetch(shell: &Shell, folder: &Path, wanted: Wanted, archive: &Archive, suite: &str) -> Result<PathBuf> {
    let state = shell.current_dir().join("target/conformance/apt");
    for part in ["lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(state.join(part))?;
    }
    let Archive { uri, signed_by } = archive;
    let signed_by = signed_by.as_ref().map(|keyring| format!("Signed-By: {keyring}\n")).unwrap_or_default();
    let source = state.join("qemu.sources");
    fs::write(
        &source,
        format!("Types: deb-src\nURIs: {uri}\nSuites: {suite}\nComponents: main\n{signed_by}"),
    )?;
    let options: Vec<String> = [
        ("Dir::Etc::sourcelist", source.as_path()),
        ("Dir::Etc::sourceparts", Path::new("/dev/null")),
        ("Dir::State::lists", &state.join("lists")),
        ("Dir::Cache", &state.join("cache")),
    ]
    .iter()
    .map(|(option, value)| format!("--option={option}={}", value.display()))
    // nothing here is for another user
    .chain(["--option=APT::Sandbox::User=root".to_owned(), "--option=APT::Update::Error-Mode=any".to_owned()])
    .collect();
    let options = &options;
    told(cmd!(shell, "apt-get {options...} --quiet --quiet update"))?;
    let records = told(cmd!(shell, "apt-cache {options...} showsrc --only-source qemu"))?;
    let mut versions: Vec<&str> = records
        .lines()
        .filter_map(|line| line.strip_prefix("Version: "))
        .filter(|new| is_new(shell, new))
        .collect();
    // Debian's versions of one package, of one length, sort as text does here: only their order of trial hangs on it
    versions.sort_unstable();
    versions.dedup();
    let mut reasons = Vec::new();
    for version in versions {
        match unpack(shell, folder, wanted, options, version) {
            Ok(tree) => return Ok(tree),
            Err(reason) => reasons.push(format!("{version}: {reason:#}")),
        }
    }
    if reasons.is_empty() {
        bail!("no version {OLDEST} or newer");
    }
    bail!("{}", reasons.join("; "))
}

fn is_new(shell: &Shell, version: &str) -> bool {
    cmd!(shell, "dpkg --compare-versions {version} ge {OLDEST}").quiet().run().is_ok()
}

/// Downloads the package and unpacks what is wanted.
fn unpack(
    shell: &Shell,
    folder: &Path,
    wanted: Wanted,
    options: &[String],
    version: &str,
) -> Result<PathBuf> {
    let package = shell.current_dir().join("target/conformance/package");
    let tree = folder.join(version.replace(':', "-"));
    fs::create_dir_all(&package)?;
    println!("fetching the source of qemu {version}");
    {
        let _inside = shell.push_dir(&package);
        told(cmd!(
            shell,
            "apt-get {options...} --quiet --quiet source --download-only --only-source qemu={version}"
        ))?;
    }
    let mut tarballs = fs::read_dir(&package)?.filter_map(|entry| Some(entry.ok()?.path()));
    let tarball =
        tarballs.find(|path| path.to_string_lossy().contains(".orig.tar.")).context("no orig.tar in it")?;
    fs::create_dir_all(&tree)?;
    let only: &[&str] = match wanted {
        Wanted::Test => &["--wildcards", "*/tests/tracetool"],
        Wanted::All => &[],
    };
    told(cmd!(shell, "tar --extract --file {tarball} --directory {tree} --strip-components=1 {only...}"))?;
    fs::remove_dir_all(&package)?;
    Ok(tree)
}

/// What a command printed; an error is what it said.
fn told(command: xshell::Cmd<'_>) -> Result<String> {
    let line = command.to_string();
    let output = command.quiet().ignore_status().output()?;
    if !output.status.success() {
        let program = line.split(' ').next().unwrap_or_default();
        let said = String::from_utf8_lossy(&output.stderr);
        let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("E: ")).collect();
        let said = if errors.is_empty() { said.trim().to_owned() } else { errors.join(" ") };
        bail!("{program}: {said}");
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_are_found_in_both_kinds_of_files() {
        let told = |archive: Option<Archive>| archive.map(|archive| (archive.uri, archive.signed_by));
        let uri = || "http://mirror.example/debian".to_owned();
        let keyring = || Some("/usr/share/keyrings/d.gpg".to_owned());
        let stanza =
            "Types: deb\n# a comment\nURIs: http://mirror.example/debian\nSuites: a b\nComponents: main";
        assert_eq!(told(of_stanza(stanza)), Some((uri(), None)));
        let signed = format!("{stanza}\nsigned-by: /usr/share/keyrings/d.gpg\n");
        assert_eq!(told(of_stanza(&signed)), Some((uri(), keyring())));
        assert_eq!(told(of_stanza("# nothing")), None);

        assert_eq!(told(of_line("deb http://mirror.example/debian a main")), Some((uri(), None)));
        let signed =
            "deb [arch=amd64 signed-by=/usr/share/keyrings/d.gpg] http://mirror.example/debian a main";
        assert_eq!(told(of_line(signed)), Some((uri(), keyring())));
        assert_eq!(told(of_line("# deb http://mirror.example/debian a main")), None);
        assert_eq!(told(of_line("deb [arch=amd64")), None);
    }
}
