//! The tests, a file a topic.

mod arrival;
mod forks;
mod glibc;
mod jail;
mod outages;
mod strings;

use crate::{TestResult, journald, rsyslogd};

/// A name, the programs it takes, the test.
type Test = (&'static str, &'static [&'static str], fn() -> TestResult);

const NOTHING: &[&str] = &[];
const RSYSLOGD: &[&str] = &[rsyslogd::PROGRAM];
const JOURNALD: &[&str] = &[journald::PROGRAM, journald::READER];

pub(crate) const TESTS: &[Test] = &[
    ("rsyslogd_gets_every_line", RSYSLOGD, arrival::rsyslogd_gets_every_line),
    ("rsyslogd_gets_every_line_of_a_batch", RSYSLOGD, arrival::rsyslogd_gets_every_line_of_a_batch),
    ("journald_gets_every_line", JOURNALD, arrival::journald_gets_every_line),
    ("journald_gets_every_entry", JOURNALD, arrival::journald_gets_every_entry),
    ("journald_gets_every_entry_of_a_batch", JOURNALD, arrival::journald_gets_every_entry_of_a_batch),
    ("lines_of_many_threads_are_whole", RSYSLOGD, arrival::lines_of_many_threads_are_whole),
    ("a_line_has_the_time_of_its_event", RSYSLOGD, arrival::a_line_has_the_time_of_its_event),
    ("an_entry_is_found_by_its_fields", JOURNALD, strings::an_entry_is_found_by_its_fields),
    ("rsyslogd_is_not_fooled", RSYSLOGD, strings::rsyslogd_is_not_fooled),
    ("journald_is_not_fooled", JOURNALD, strings::journald_is_not_fooled),
    ("what_is_too_long_is_cut", JOURNALD, strings::what_is_too_long_is_cut),
    ("the_bytes_are_those_of_syslog_3", NOTHING, glibc::the_bytes_are_those_of_syslog_3),
    ("a_child_has_its_own_number", RSYSLOGD, forks::a_child_has_its_own_number),
    ("a_child_has_none_of_its_parents_lines", RSYSLOGD, forks::a_child_has_none_of_its_parents_lines),
    ("nothing_else_is_called_in_a_jail", RSYSLOGD, jail::nothing_else_is_called_in_a_jail),
    ("rsyslogd_is_restarted", RSYSLOGD, outages::rsyslogd_is_restarted),
    ("journald_is_restarted", JOURNALD, outages::journald_is_restarted),
    (
        "journald_is_restarted_and_loses_its_sockets",
        JOURNALD,
        outages::journald_is_restarted_and_loses_its_sockets,
    ),
    ("a_daemon_that_comes_late", RSYSLOGD, outages::a_daemon_that_comes_late),
    ("a_daemon_that_stands_still", RSYSLOGD, outages::a_daemon_that_stands_still),
    ("a_journald_that_stands_still", JOURNALD, outages::a_journald_that_stands_still),
    ("a_daemon_that_listens_otherwise", RSYSLOGD, outages::a_daemon_that_listens_otherwise),
];
