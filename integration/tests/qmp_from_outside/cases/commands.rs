//! A request's members, and the arguments of commands that every client calls.

use super::Case;

pub(super) fn cases() -> Vec<Case> {
    REQUESTS.iter().map(|&(name, sends)| Case::new("request", name, sends)).collect()
}

const REQUESTS: &[(&str, &str)] = &[
    ("no execute", "{}"),
    ("execute is a number", r#"{"execute": 1}"#),
    ("execute is null", r#"{"execute": null}"#),
    ("execute is a list", r#"{"execute": ["query-name"]}"#),
    ("execute is an object", r#"{"execute": {}, "id": 1}"#),
    ("exec-oob is a number", r#"{"exec-oob": 1}"#),
    ("both", r#"{"execute": "query-name", "exec-oob": "query-name"}"#),
    ("a command that there is not", r#"{"execute": "nosuch"}"#),
    ("a command of no name", r#"{"execute": ""}"#),
    ("a command in capitals", r#"{"execute": "QUERY-NAME"}"#),
    ("a command with a blank", r#"{"execute": "query-name "}"#),
    ("a command with a quote", r#"{"execute": "a\"b\\c\n\u00e9\u20ac\ud83d\ude00\u007f"}"#),
    ("a command of %", r#"{"execute": "%s%n%d"}"#),
    ("arguments are a list", r#"{"execute": "query-name", "arguments": []}"#),
    ("arguments are null", r#"{"execute": "query-name", "arguments": null}"#),
    ("arguments are a string", r#"{"execute": "query-name", "arguments": "x", "id": 1}"#),
    ("arguments are empty", r#"{"execute": "query-name", "arguments": {}}"#),
    ("an argument too many", r#"{"execute": "query-name", "arguments": {"nosuch": 1}}"#),
    ("an argument of no name", r#"{"execute": "query-name", "arguments": {"": 1}}"#),
    ("an argument with a quote", r#"{"execute": "query-name", "arguments": {"a\"b\u00e9": 1}}"#),
    ("a member too many", r#"{"execute": "query-name", "nosuch": 1}"#),
    ("a member too many, no execute", r#"{"nosuch": 1}"#),
    ("a member of no name", r#"{"execute": "query-name", "": 1}"#),
    ("a member in capitals", r#"{"Execute": "query-name"}"#),
    ("a member with a quote", r#"{"a\"\u00e9\n": 1}"#),
    ("query-name", r#"{"execute": "query-name"}"#),
    ("query-version", r#"{"execute": "query-version"}"#),
    ("query-version with arguments", r#"{"execute": "query-version", "arguments": {"a": 1}}"#),
    ("query-commands", r#"{"execute": "query-commands"}"#),
    ("query-commands with arguments", r#"{"execute": "query-commands", "arguments": {"a": 1}}"#),
];
