//! Recording on the real kernel. Each test runs a recorder as a process of its own, which is this program once more:
//! recording forks, which a test's thread cannot.

mod commands;
mod ends;
mod kept;
mod recorder;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if arguments.first().is_some_and(|first| first == recorder::AS_RECORDER) {
        std::process::exit(recorder::be(&arguments[1..]));
    }
    let tests: &[(&str, fn())] = &[
        ("a_command_that_does_nothing", kept::a_command_that_does_nothing),
        ("a_firmware_boot_of_qemu", kept::a_firmware_boot_of_qemu),
        ("qemu_is_given_what_its_log_needs", kept::qemu_is_given_what_its_log_needs),
        ("markers_of_the_command_and_of_nobody_else", kept::markers_of_the_command_and_of_nobody_else),
        ("events_of_the_command_and_of_nobody_else", kept::events_of_the_command_and_of_nobody_else),
        ("two_recorders_at_once", kept::two_recorders_at_once),
        ("losses_are_counted_and_told", kept::losses_are_counted_and_told),
        ("a_full_disk_leaves_what_fitted", kept::a_full_disk_leaves_what_fitted),
        ("a_status_is_passed_on", commands::a_status_is_passed_on),
        ("what_cannot_be_run_leaves_nothing", commands::what_cannot_be_run_leaves_nothing),
        ("an_event_that_cannot_be_had", commands::an_event_that_cannot_be_had),
        ("a_recording_that_is_not_run", commands::a_recording_that_is_not_run),
        ("a_process_with_threads_is_refused", commands::a_process_with_threads_is_refused),
        ("signals_are_passed_on", ends::signals_are_passed_on),
        ("ctrl_c_goes_to_the_command_once", ends::ctrl_c_goes_to_the_command_once),
        ("a_killed_recorder_leaves_a_recording", ends::a_killed_recorder_leaves_a_recording),
        (
            "a_killed_recorder_whose_command_holds_the_marker",
            ends::a_killed_recorder_whose_command_holds_the_marker,
        ),
        ("a_killed_keeper_is_cleared_away", ends::a_killed_keeper_is_cleared_away),
        ("a_command_that_leaves_a_process_behind", ends::a_command_that_leaves_a_process_behind),
    ];
    let trials = tests
        .iter()
        .map(|&(name, test)| {
            Trial::test(name, move || {
                match recorder::lacking() {
                    Some(lacking) => eprintln!("SKIP {name}: {lacking}"),
                    None => test(),
                }
                Ok(())
            })
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
