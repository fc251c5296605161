//! Attaching on the real kernel, to this program itself, to this program run once more, and to C's.

mod c;
mod forms;
mod hostile;
mod listening;
mod probed;
mod refusals;
mod semaphores;
mod targets;
mod values;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let Some((role, arguments)) = arguments.split_first().filter(|(first, _)| first.starts_with("as-")) {
        return probed::play(role, arguments);
    }
    let tests: &[(&str, fn())] = &[
        ("every_size_and_sign", values::every_size_and_sign),
        ("strings", values::strings),
        ("a_string_that_was_not_in_memory", values::a_string_that_was_not_in_memory),
        #[cfg(target_arch = "x86_64")]
        ("every_place", values::every_place),
        ("what_c_has", c::what_c_has),
        ("a_library_that_is_loaded_later", c::a_library_that_is_loaded_later),
        ("the_form_of_a_site", forms::the_form_of_a_site),
        ("trying_twice_finds_the_same", forms::trying_twice_finds_the_same),
        ("one_process_or_all", targets::one_process_or_all),
        ("threads_there_and_made_later", targets::threads_there_and_made_later),
        ("a_child_is_another_process", targets::a_child_is_another_process),
        ("a_program_whose_file_is_gone", targets::a_program_whose_file_is_gone),
        ("in_a_pid_namespace", targets::in_a_pid_namespace),
        ("what_the_first_thread_leaves", targets::what_the_first_thread_leaves),
        ("a_page_that_never_comes", hostile::a_page_that_never_comes),
        ("a_page_that_is_waited_for", hostile::a_page_that_is_waited_for),
        ("up_and_down", semaphores::up_and_down),
        ("down_when_the_tracer_is_killed", semaphores::down_when_the_tracer_is_killed),
        ("down_in_a_child", semaphores::down_in_a_child),
        ("up_in_processes_that_begin_later", semaphores::up_in_processes_that_begin_later),
        ("two_tracers_of_two_minds", semaphores::two_tracers_of_two_minds),
        ("losses_are_counted", listening::losses_are_counted),
        ("many_probes_one_order", listening::many_probes_one_order),
        ("after_the_end", listening::after_the_end),
        ("the_ended_are_forgotten", listening::the_ended_are_forgotten),
        ("waiting", listening::waiting),
        ("what_cannot_be_attached_to", refusals::what_cannot_be_attached_to),
        ("without_rights", refusals::without_rights),
    ];
    let lacking = lacking();
    let trial = |&(name, test): &(&'static str, fn())| {
        let lacking = lacking.clone();
        Trial::test(name, move || {
            match lacking {
                Some(lacking) => eprintln!("SKIP {name}: {lacking}"),
                None => test(),
            }
            Ok(())
        })
    };
    libtest_mimic::run(&Arguments::from_args(), tests.iter().map(trial).collect()).exit();
}

/// Why this machine has no uprobes for us, if it has none.
fn lacking() -> Option<String> {
    match usdt::long_nops() {
        Err(error @ usdt::Error::Listen { why: usdt::Refused::Rights { .. } | usdt::Refused::NoUprobes }) => {
            Some(error.to_string())
        }
        _ => None,
    }
}
