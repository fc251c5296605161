//! Both languages: the same declarations in Rust and in C print the same bytes, which are `printf`'s.

use crate::{needs, random};
use nix::fcntl::{Flock, FlockArg};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// How many declarations are tried, of which some are not right.
const EVENTS: usize = 300;

#[test]
fn random_declarations_print_the_same() {
    if !needs::are_there("random_declarations_print_the_same", &["cc"], &[]) {
        return;
    }
    let mut runner = TestRunner::default();
    let events: Vec<String> =
        (0..EVENTS).map(|_| random::event().new_tree(&mut runner).unwrap().current()).collect();
    let declarations = random::sound(&events);
    let count = declarations.lines().filter(|line| !line.starts_with("disable ")).count();
    assert!(count > EVENTS / 4, "{count} of {EVENTS} are right");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("both");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("trace-events");

    // others who test at the same time have other declarations
    let alone = fs::File::create(folder.join("lock")).unwrap();
    let _alone = Flock::lock(alone, FlockArg::LockExclusive).map_err(|(_, errno)| errno).unwrap();
    fs::write(&file, &declarations).unwrap();
    let test = env::current_exe().unwrap();
    let built = test.ancestors().nth(2).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--quiet", "--package", "vmtrace-both", "--target-dir"])
        .arg(built.parent().unwrap());
    cargo.env("VMTRACE_DECLARATIONS", &file).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}\n{declarations}", String::from_utf8_lossy(&output.stderr));
    let ran = Command::new(built.join("both")).output().unwrap();
    let told = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{told}\n{declarations}");
    let compared: usize = String::from_utf8_lossy(&ran.stdout).trim().parse().unwrap();
    // six turns, in two languages
    assert_eq!(compared, count * 12);
}
