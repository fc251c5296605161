//! Negotiation, and how requests come: in one packet, in pieces, in any order of keys.

use super::Case;

pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = BEFORE.iter().map(|&(name, sends)| Case::new("before", name, sends)).collect();
    for case in &mut cases {
        case.negotiated = false;
    }
    cases.extend(AFTER.iter().map(|&(name, sends)| Case::new("after", name, sends)));
    for (name, sends) in PIECES {
        cases.push(Case { bytewise: true, ..Case::new("byte by byte", name, *sends) });
    }
    cases
}

/// Capabilities are not negotiated yet.
const BEFORE: &[(&str, &str)] = &[
    ("negotiate", r#"{"execute": "qmp_capabilities"}"#),
    ("negotiate, no arguments", r#"{"execute": "qmp_capabilities", "arguments": {}}"#),
    ("negotiate, with an id", r#"{"execute": "qmp_capabilities", "id": 1}"#),
    ("enable nothing", r#"{"execute": "qmp_capabilities", "arguments": {"enable": []}}"#),
    ("enable oob", r#"{"execute": "qmp_capabilities", "arguments": {"enable": ["oob"]}}"#),
    ("enable oob twice", r#"{"execute": "qmp_capabilities", "arguments": {"enable": ["oob", "oob"]}}"#),
    ("enable what there is not", r#"{"execute": "qmp_capabilities", "arguments": {"enable": ["nosuch"]}}"#),
    ("enable a number", r#"{"execute": "qmp_capabilities", "arguments": {"enable": [1]}}"#),
    ("enable a string", r#"{"execute": "qmp_capabilities", "arguments": {"enable": "oob"}}"#),
    ("enable null", r#"{"execute": "qmp_capabilities", "arguments": {"enable": null}}"#),
    ("enable an object", r#"{"execute": "qmp_capabilities", "arguments": {"enable": {}}}"#),
    ("another argument", r#"{"execute": "qmp_capabilities", "arguments": {"nosuch": 1}}"#),
    (
        "a mistake, then right",
        concat!(
            r#"{"execute": "qmp_capabilities", "arguments": {"enable": 1}}"#,
            r#"{"execute": "query-name"} {"execute": "qmp_capabilities"} {"execute": "query-name"}"#
        ),
    ),
    ("negotiate twice", r#"{"execute": "qmp_capabilities"} {"execute": "qmp_capabilities", "id": 2}"#),
    ("a command", r#"{"execute": "query-name", "id": "early"}"#),
    ("a command that there is not", r#"{"execute": "nosuch"}"#),
    ("an argument that there is not", r#"{"execute": "query-name", "arguments": {"nosuch": 1}}"#),
    ("a command out of band", r#"{"exec-oob": "query-name", "id": 1}"#),
    ("negotiate out of band", r#"{"exec-oob": "qmp_capabilities", "id": 1}"#),
    ("no object", "[]"),
    ("no JSON", "hello\n"),
    ("no execute", r#"{"id": 7}"#),
    ("a member too many", r#"{"execute": "qmp_capabilities", "nosuch": 1}"#),
    ("query-version", r#"{"execute": "query-version"}"#),
    ("query-commands", r#"{"execute": "query-commands"}"#),
];

/// Capabilities are negotiated.
const AFTER: &[(&str, &str)] = &[
    ("nothing", ""),
    ("empty lines", "\n\n\r\n \t \n"),
    ("a command", r#"{"execute": "query-name"}"#),
    ("a command between blanks", " \t\r\n{ \t\"execute\"\n:\r\"query-name\" }\n\n"),
    ("without blanks", r#"{"execute":"query-name","id":1}"#),
    ("two in a packet", r#"{"execute": "query-name", "id": 1}{"execute": "query-name", "id": 2}"#),
    (
        "twenty in a packet",
        concat!(
            r#"{"execute":"query-name","id":1}{"execute":"query-name","id":2}{"execute":"nosuch","id":3}[]"#,
            "\n",
            r#"{"execute":"query-name","id":5}{"execute":"query-name","id":6}{"execute":"nosuch","id":7}1 "#,
            "\n",
            r#"{"execute":"query-name","id":9}{"execute":"query-name","id":10}{"execute":"nosuch","id":11}""#,
            "x\"",
            r#"{"execute":"query-name","id":13}{"execute":"query-name","id":14}{"execute":"nosuch","id":15}] "#,
            r#"{"execute":"query-name","id":17}{"execute":"query-name","id":18}{"execute":"nosuch","id":19}} "#
        ),
    ),
    ("negotiated before", r#"{"execute": "qmp_capabilities", "id": "again"}"#),
    ("negotiated before, with a mistake", r#"{"execute": "qmp_capabilities", "arguments": {"enable": 1}}"#),
    ("out of band", r#"{"exec-oob": "query-name", "id": 1}"#),
    ("id first", r#"{"id": 1, "execute": "query-name"}"#),
    ("arguments first", r#"{"arguments": {}, "id": 1, "execute": "query-name"}"#),
    ("id between", r#"{"arguments": {}, "id": "a", "execute": "query-name"}"#),
    ("id is an integer", r#"{"execute": "query-name", "id": -42}"#),
    ("id is a fraction", r#"{"execute": "query-name", "id": 0.5}"#),
    ("id is a string", r#"{"execute": "query-name", "id": "a b"}"#),
    ("id is an empty string", r#"{"execute": "query-name", "id": ""}"#),
    ("id is true", r#"{"execute": "query-name", "id": true}"#),
    ("id is false", r#"{"execute": "query-name", "id": false}"#),
    ("id is null", r#"{"execute": "query-name", "id": null}"#),
    ("id is an object", r#"{"execute": "query-name", "id": {"a": 1, "b": {"c": []}, "d": "e"}}"#),
    ("id is an empty object", r#"{"execute": "query-name", "id": {}}"#),
    ("id is a list", r#"{"execute": "query-name", "id": [1, "two", [3], {"four": null}]}"#),
    ("id is an empty list", r#"{"execute": "query-name", "id": []}"#),
    ("id of an error", r#"{"execute": "nosuch", "id": {"of": "an error"}}"#),
    ("id of a malformed request", r#"{"id": 5, "execute": 1}"#),
    ("id of a request without execute", r#"{"id": 5, "arguments": {}}"#),
    ("id of what is no JSON", r#"{"id": 5, "execute": "query-name",}"#),
];

/// Each byte is a packet of its own.
const PIECES: &[(&str, &str)] = &[
    ("a command", r#"{"execute": "query-name", "id": "p\u00fcnktchen\n"}"#),
    ("two commands", r#"{"execute": "query-name", "id": 10} {"execute": "nosuch", "id": -1.5e3}"#),
    ("UTF-8", "{\"execute\": \"query-name\", \"id\": \"\u{fc}\u{20ac}\u{1f600}\"}"),
    ("an error", "{\"execute\": nosuch } {\"execute\": \"query-name\", \"id\": 1}"),
    ("a number at the top", "12 true\n{\"execute\": \"query-name\", \"id\": 1}"),
];
