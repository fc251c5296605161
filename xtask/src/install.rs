//! `cargo xtask install`: the C library with its headers, the programs, and tracetool's manual page.

use anyhow::{Context, Result, bail};
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::{env, fs};
use xshell::{Shell, cmd};

/// The number in the shared library's name: another is another binary interface.
const SONAME: &str = "libvmtrace.so.0";

/// What the static library needs beside C's own. The unwinder is in what every C compiler links.
const PRIVATE_LIBRARIES: &str = "-lpthread -ldl -lm";

/// Where to.
struct Place {
    /// As the installed files name it.
    prefix: PathBuf,
    /// The prefix in the folder that packagers pack.
    root: PathBuf,
}

/// Builds all and installs it.
pub(crate) fn run(shell: &Shell, mut args: impl Iterator<Item = String>) -> Result<()> {
    let (mut prefix, mut destdir, mut profile) = ("/usr/local".to_owned(), None, "installed".to_owned());
    while let Some(arg) = args.next() {
        let (name, value) = match arg.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (arg.as_str(), None),
        };
        if !["--prefix", "--destdir", "--profile"].contains(&name) {
            bail!("install: `{name}` is none of --prefix, --destdir and --profile");
        }
        let value = value.or_else(|| args.next()).with_context(|| format!("{name} needs a value"))?;
        match name {
            "--prefix" => prefix = value,
            "--destdir" => destdir = Some(value),
            _ => profile = value,
        }
    }
    let prefix = PathBuf::from(prefix);
    if !prefix.is_absolute() {
        bail!("--prefix {}: files that are installed name it, so it must begin with /", prefix.display());
    }
    if prefix
        .to_str()
        .is_none_or(|prefix| prefix.contains(|c: char| c.is_whitespace() || "\"'$\\#".contains(c)))
    {
        bail!(
            "--prefix {}: pkg-config and make take names without blanks and quotes alone",
            prefix.display()
        );
    }
    let is_here = destdir.is_none();
    let root = match destdir {
        Some(folder) => Path::new(&folder).join(prefix.strip_prefix("/")?),
        None => prefix.clone(),
    };
    let place = Place { prefix, root };

    // the tools gain nothing from what makes the library's events fast
    let tools = if profile == "installed" { "release" } else { &profile };
    cmd!(shell, "cargo build --quiet --profile {tools} --bin tracetool --bin vmtrace").run()?;
    let archive = archive(shell, &profile)?;
    let shared = shared(shell, &archive)?;
    let tools = built(tools)?;
    for program in ["tracetool", "vmtrace"] {
        place.file(&tools.join(program), &format!("bin/{program}"), 0o755)?;
    }
    place.file(&archive, "lib/libvmtrace.a", 0o644)?;
    place.file(&shared, &format!("lib/{SONAME}"), 0o755)?;
    place.link(SONAME, "lib/libvmtrace.so")?;
    place.text(&pkg_config(&place.prefix), "lib/pkgconfig/vmtrace.pc")?;
    place.folder(Path::new("capi/include"), "include/vmtrace-c")?;
    place.folder(Path::new("docs/man"), "share/man/man1")?;
    println!("installed in {}", place.root.display());
    if is_here && place.root.is_absolute() && is_searched(&place.root.join("lib")) {
        println!(
            "run `ldconfig` now: programs find the shared library in {}/lib by its list",
            place.root.display()
        );
    } else if is_here && place.prefix != Path::new("/usr") {
        let lib = place.prefix.join("lib");
        println!("export PKG_CONFIG_PATH={0}/pkgconfig LD_LIBRARY_PATH={0}", lib.display());
    }
    Ok(())
}

/// Whether ldconfig(8) looks there.
fn is_searched(folder: &Path) -> bool {
    let mut files = vec![PathBuf::from("/etc/ld.so.conf")];
    files.extend(fs::read_dir("/etc/ld.so.conf.d").into_iter().flatten().flatten().map(|entry| entry.path()));
    let lines = files.iter().filter_map(|file| fs::read_to_string(file).ok()).collect::<Vec<_>>();
    lines.iter().flat_map(|text| text.lines()).any(|line| Path::new(line.trim()) == folder)
}

/// Where cargo puts what it builds with a profile.
fn built(profile: &str) -> Result<PathBuf> {
    let program = env::current_exe()?;
    let target =
        program.ancestors().nth(2).context("xtask lies in a profile's folder of the target folder")?;
    Ok(target.join(if profile == "dev" { "debug" } else { profile }))
}

/// The static library. Two of Rust's may be linked into one program, so what is Rust's in it becomes one object, and is not seen
/// from outside; C's own objects stay, since a linker takes those that a program lacks.
fn archive(shell: &Shell, profile: &str) -> Result<PathBuf> {
    cmd!(
        shell,
        "cargo rustc --quiet --package vmtrace-capi --lib --crate-type staticlib --profile {profile}"
    )
    .run()?;
    let folder = built(profile)?;
    let (rust, ours, objects) =
        (folder.join("libcapi.a"), folder.join("libvmtrace.a"), folder.join("libvmtrace"));
    shell.remove_path(&objects)?;
    shell.create_dir(&objects)?;
    let _here = shell.push_dir(&objects);
    cmd!(shell, "ar x {rust}").quiet().run()?;
    let mut all: Vec<PathBuf> = shell.read_dir(&objects)?;
    all.sort();
    let is_rust = |object: &PathBuf| object.as_os_str().as_encoded_bytes().ends_with(b".rcgu.o");
    let (of_rust, of_c): (Vec<_>, Vec<_>) = all.into_iter().partition(is_rust);
    cmd!(shell, "ld -r --strip-debug -o vmtrace.o {of_rust...}").quiet().run()?;
    let seen = ["vmtrace_*", "trace_*", "ftrace_*", "st_*", "qemu_*", "DW.ref.*"];
    let seen = seen.map(|name| format!("--keep-global-symbol={name}"));
    // bitcode is for compilers that know all of a program, and is none any more once pieces of it are joined
    let bitcode = ["--remove-section=.llvmbc", "--remove-section=.llvmcmd"];
    cmd!(shell, "objcopy --wildcard {seen...} {bitcode...} vmtrace.o").quiet().run()?;
    shell.remove_path(&ours)?;
    cmd!(shell, "ar rcs {ours} vmtrace.o {of_c...}").quiet().run()?;
    shell.remove_path(&objects)?;
    Ok(ours)
}

/// The shared library. The functions that C's own files in it have would not be exported by rustc, so it is linked here.
fn shared(shell: &Shell, archive: &Path) -> Result<PathBuf> {
    let shared = archive.with_file_name(SONAME);
    let cc = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let options = [
        format!("-Wl,-soname,{SONAME}"),
        "-Wl,--version-script=capi/libvmtrace.map".to_owned(),
        // its threads and what it does at the end of the program outlive a dlclose(3)
        "-Wl,-z,nodelete,-z,relro,-z,now,--gc-sections,--as-needed,--no-undefined".to_owned(),
    ];
    let libraries = PRIVATE_LIBRARIES.split(' ');
    cmd!(shell, "{cc} -shared -o {shared} {options...} -Wl,--whole-archive {archive} -Wl,--no-whole-archive")
        .args(libraries)
        .run()?;
    Ok(shared)
}

/// What `pkg-config` tells.
fn pkg_config(prefix: &Path) -> String {
    format!(
        "\
prefix={}
libdir=${{prefix}}/lib
includedir=${{prefix}}/include/vmtrace-c
bindir=${{prefix}}/bin
tracetool=${{bindir}}/tracetool

Name: vmtrace
Description: QEMU's tracing system for every virtual machine monitor
Version: {}
Cflags: -I\"${{includedir}}\"
Libs: -L\"${{libdir}}\" -lvmtrace
Libs.private: {PRIVATE_LIBRARIES}
",
        prefix.display(),
        env!("CARGO_PKG_VERSION"),
    )
}

/// Makes a folder and those around it that are not there, for everybody to look into, whatever the umask.
fn open_folder(folder: &Path) -> std::io::Result<()> {
    let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let missing: Vec<&Path> = folder.ancestors().take_while(is_missing).collect();
    for folder in missing.into_iter().rev() {
        match fs::create_dir(folder) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => made.and_then(|()| fs::set_permissions(folder, fs::Permissions::from_mode(0o755)))?,
        }
    }
    Ok(())
}

impl Place {
    /// A file at its place; one that is in use is replaced, not written into.
    fn file(&self, from: &Path, to: &str, mode: u32) -> Result<()> {
        self.put(to, |new| {
            fs::copy(from, new).with_context(|| from.display().to_string())?;
            Ok(fs::set_permissions(new, fs::Permissions::from_mode(mode))?)
        })
    }

    fn text(&self, text: &str, to: &str) -> Result<()> {
        self.put(to, |new| {
            fs::write(new, text)?;
            Ok(fs::set_permissions(new, fs::Permissions::from_mode(0o644))?)
        })
    }

    fn link(&self, target: &str, to: &str) -> Result<()> {
        self.put(to, |new| Ok(symlink(target, new)?))
    }

    /// All files of a folder, and of those in it.
    fn folder(&self, from: &Path, to: &str) -> Result<()> {
        for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
            let entry = entry?;
            let name = entry.file_name();
            let to = format!("{to}/{}", name.to_str().context("a name that is not UTF-8")?);
            if entry.file_type()?.is_dir() {
                self.folder(&entry.path(), &to)?;
            } else {
                self.file(&entry.path(), &to, 0o644)?;
            }
        }
        Ok(())
    }

    fn put(&self, to: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        let to = self.root.join(to);
        let folder = to.parent().context("a file lies in a folder")?;
        open_folder(folder).with_context(|| folder.display().to_string())?;
        let mut new = to.clone().into_os_string();
        new.push(format!(".{}", std::process::id()));
        let new = PathBuf::from(new);
        make(&new).with_context(|| to.display().to_string())?;
        fs::rename(&new, &to).with_context(|| to.display().to_string())
    }
}
