//! JSON's edges: what is taken, what is refused, and where the reader finds its feet again.

use super::Case;

pub(super) fn cases() -> Vec<Case> {
    // what an id may be is answered as it was understood
    let ids = STRINGS.iter().chain(NUMBERS).chain(WORDS).map(|(name, value)| {
        let mut sends = br#"{"execute": "query-name", "id": "#.to_vec();
        sends.extend_from_slice(value);
        sends.extend_from_slice(b"}\n");
        Case::new("value", name, sends)
    });
    let whole = WHOLE.iter().map(|&(name, sends)| Case::new("json", name, sends));
    ids.chain(whole).chain(large()).collect()
}

/// Strings.
const STRINGS: &[(&str, &[u8])] = &[
    ("plain", b"\"plain\""),
    ("single quotes", b"'single'"),
    ("a double quote in single ones", b"'a\"b'"),
    ("a single quote in double ones", b"\"a'b\""),
    ("a quote escaped in single ones", b"'a\\'b'"),
    ("every escape", b"\"\\\" \\' \\\\ \\/ \\b \\f \\n \\r \\t\""),
    ("a letter escaped", b"\"\\u0041\\u00e9\\u20AC\""),
    ("a control character escaped", b"\"\\u0001\\u001f\\u007f\""),
    ("NUL escaped", b"\"a\\u0000b\""),
    ("a pair of surrogates", b"\"\\ud83d\\ude00\""),
    ("a pair of surrogates, capitals", b"\"\\uD83D\\uDE00\""),
    ("the last character", b"\"\\udbff\\udfff\""),
    ("a high surrogate alone", b"\"\\ud83d\""),
    ("a high surrogate before a letter", b"\"\\ud83dx\""),
    ("a high surrogate before an escape", b"\"\\ud83d\\n\""),
    ("a high surrogate before a character", b"\"\\ud83d\\u0041\""),
    ("two high surrogates", b"\"\\ud83d\\ud83d\""),
    ("a low surrogate alone", b"\"\\ude00\""),
    ("surrogates the wrong way round", b"\"\\ude00\\ud83d\""),
    ("no character", b"\"\\ufffe\""),
    ("no character either", b"\"\\uffff\""),
    ("no character of Arabic's", b"\"\\ufdd0\""),
    ("no character of the last plane", b"\"\\udbff\\udffe\""),
    ("three digits", b"\"\\u123\""),
    ("three digits and a letter", b"\"\\u123g\""),
    ("no digits", b"\"\\u\""),
    ("no digits before a pair's half", b"\"\\ud83d\\u\""),
    ("no such escape", b"\"\\x41\""),
    ("a blank escaped", b"\"\\ \""),
    ("a byte beyond ASCII escaped", b"\"\\\xc3\xa9\""),
    ("UTF-8", "\"\u{e9}\u{20ac}\u{1f600}\"".as_bytes()),
    ("DEL", b"\"a\x7fb\""),
    ("a byte that starts nothing", b"\"a\x80b\""),
    ("Latin-1", b"\"\xe9t\xe9\""),
    ("a character cut short", b"\"\xe2\x82\""),
    ("a character cut short by another", b"\"\xe2\x82\xc3\xa9\""),
    ("an overlong slash", b"\"\xc0\xaf\""),
    ("an overlong NUL", b"\"a\xc0\x80b\""),
    ("a surrogate in UTF-8", b"\"\xed\xa0\x80\""),
    ("beyond Unicode", b"\"\xf4\x90\x80\x80\""),
    ("five bytes", b"\"\xf8\x88\x80\x80\x80\""),
    ("no character, in UTF-8", b"\"\xef\xbf\xbe\""),
    ("a byte order mark", b"\"\xef\xbb\xbfa\""),
    ("a tab", b"\"a\tb\""),
    ("a newline", b"\"a\nb\""),
    ("NUL", b"\"a\0b\""),
    ("ESC", b"\"a\x1bb\""),
    ("a percent sign", b"\"%s %d %%\""),
];

/// Numbers.
const NUMBERS: &[(&str, &[u8])] = &[
    ("0", b"0"),
    ("-0", b"-0"),
    ("-0.0", b"-0.0"),
    ("-1", b"-1"),
    ("2^63 - 1", b"9223372036854775807"),
    ("2^63", b"9223372036854775808"),
    ("-2^63", b"-9223372036854775808"),
    ("-2^63 - 1", b"-9223372036854775809"),
    ("2^64 - 1", b"18446744073709551615"),
    ("2^64", b"18446744073709551616"),
    ("10^30", b"1000000000000000000000000000000"),
    ("1e3", b"1e3"),
    ("1E+3", b"1E+3"),
    ("1e-3", b"1e-3"),
    ("1.5", b"1.5"),
    ("0.1", b"0.1"),
    ("1.0", b"1.0"),
    ("1e17", b"1e17"),
    ("123456789.125e2", b"123456789.125e2"),
    ("5e-324", b"5e-324"),
    ("1.7976931348623157e308", b"1.7976931348623157e308"),
    ("1e999", b"1e999"),
    ("-1e999", b"-1e999"),
    ("0.30000000000000004", b"0.30000000000000004"),
    ("01", b"01"),
    ("-01", b"-01"),
    ("00", b"00"),
    ("0e1", b"0e1"),
    ("+1", b"+1"),
    ("1.", b"1."),
    (".5", b".5"),
    ("1e", b"1e"),
    ("1e+", b"1e+"),
    ("1.e3", b"1.e3"),
    ("-", b"-"),
    ("--1", b"--1"),
    ("1-", b"1-"),
    ("0x10", b"0x10"),
    ("1_000", b"1_000"),
    ("12a", b"12a"),
    ("1 2", b"1 2"),
];

/// Words.
const WORDS: &[(&str, &[u8])] = &[
    ("True", b"True"),
    ("nul", b"nul"),
    ("nulll", b"nulll"),
    ("nosuch", b"nosuch"),
    ("true1", b"true1"),
    ("truefalse", b"truefalse"),
    ("NaN", b"NaN"),
    ("Infinity", b"Infinity"),
    ("-Infinity", b"-Infinity"),
    ("undefined", b"undefined"),
    ("nothing", b""),
    ("a percent sign", b"%s"),
    ("a comment", b"/* 1 */ 1"),
    ("a backslash", b"\\"),
    ("a byte beyond ASCII", b"\xc3\xa9"),
];

/// Whole requests, each of which leaves the reader ready for the next.
const WHOLE: &[(&str, &[u8])] = &[
    ("a string", b"\"string\""),
    ("a number", b"1 "),
    ("a number at a line's end", b"1\n"),
    ("a word", b"true "),
    ("a word that there is not", b"nosuch "),
    ("null", b"null\n"),
    ("a list", b"[1, 2]"),
    ("an empty object", b"{}"),
    ("an empty list", b"[]"),
    ("a brace that closes", b"}"),
    ("a bracket that closes", b"]"),
    ("brackets that close", b"]]}}]"),
    ("a comma", b","),
    ("a colon", b":"),
    ("commas and colons", b",,::"),
    ("a list closed as an object", b"[}"),
    ("an object closed as a list", b"{]"),
    ("an object closed as a list, and again", b"{\"a\": []]}"),
    ("a member without a value", b"{\"execute\"}"),
    ("a member without a value but a colon", b"{\"execute\":}"),
    ("a value without a key", b"{:1}"),
    ("a key that is a number", b"{1: 2}"),
    ("a key that is a list", b"{[]: 2}"),
    ("a key that is a word", b"{null: 2}"),
    ("a key that is no word", b"{execute: 'query-name'}"),
    ("two colons", b"{\"execute\":: 1}"),
    ("no comma", b"{\"a\": 1 \"b\": 2}"),
    ("two commas", b"{\"a\": 1,, \"b\": 2}"),
    ("a comma first", b"{, \"a\": 1}"),
    ("a comma last", b"{\"a\": 1,}"),
    ("a list's comma last", b"[1,]"),
    ("a list's comma first", b"[,1]"),
    ("a list's two commas", b"[1,,2]"),
    ("a list without commas", b"[1 2]"),
    ("a list with a colon", b"[1: 2]"),
    ("a member twice", b"{\"execute\": \"query-name\", \"execute\": \"query-name\"}"),
    ("a member twice, spelled differently", b"{\"id\": 1, 'i\\u0064': 2, \"execute\": \"query-name\"}"),
    ("a member twice, deep down", b"{\"execute\": \"query-name\", \"id\": {\"a\": [{\"b\": 1, \"b\": 2}]}}"),
    ("a member of no name", b"{\"\": 1}"),
    ("two mistakes", b"{\"a\": nosuch, 1: \"\\x\"}"),
    ("a line that is no JSON", b"hello world\n"),
    ("a line of HTTP", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("capitals", b"HELLO\n"),
    ("punctuation", b"#!/bin/sh\n"),
    ("a word, then a command", b"hello{\"execute\": \"query-name\"}"),
    ("what is no JSON, then a command", b"!!!{\"execute\": \"query-name\"}"),
    ("what is no JSON inside of a command", b"{\"execute\": !\n{\"execute\": \"query-name\", \"id\": 1}"),
    ("what is no JSON inside of a command, on one line", b"{\"execute\": ! \"query-name\", \"id\": 1}\n"),
    (
        "a string that does not end with its line",
        b"{\"execute\": \"query-\n{\"execute\": \"query-name\", \"id\": 1}",
    ),
    ("ETX", b"\x03\n"),
    ("NUL", b"\0\n"),
    ("a form feed between", b"{\x0c}\n"),
    ("DEL", b"\x7f\n"),
    ("0xFF", b"\xff\n"),
    ("0xFF before a command", b"\xff{\"execute\": \"query-name\"}"),
    ("0xFE before a command", b"\xfe{\"execute\": \"query-name\"}"),
    ("0xFF after half a command", b"{\"execute\": [\xff{\"execute\": \"query-name\", \"id\": 1}"),
    ("0xFF in the middle of a string", b"{\"execute\": \"que\xff{\"execute\": \"query-name\", \"id\": 1}"),
    ("0xFE in the middle of a string", b"{\"execute\": 'que\xfe{\"execute\": \"query-name\", \"id\": 1}"),
    ("0xFF in the middle of a number", b"{\"id\": 12\xff{\"execute\": \"query-name\", \"id\": 1}"),
    ("0xFF twice", b"{\xff\xff{\"execute\": \"query-name\", \"id\": 1}"),
    ("a byte order mark before a command", b"\xef\xbb\xbf{\"execute\": \"query-name\", \"id\": 1}\n"),
    ("Latin-1 before a command", b"\xe9\n{\"execute\": \"query-name\", \"id\": 1}"),
    ("a long word", &[b'a'; 3000]),
    ("the long word's end", b"\n"),
];

/// Requests that are too long to be spelled out.
fn large() -> Vec<Case> {
    let nested = |open: &str, close: &str, depth: usize| {
        format!("{{\"execute\": \"query-name\", \"id\": {}{}}}", open.repeat(depth), close.repeat(depth))
    };
    let mut cases = Vec::new();
    // the request itself is one level
    for depth in [1, 100, 1022, 1023] {
        cases.push(Case::new("deep", &format!("{depth} lists"), nested("[", "]", depth)));
        let objects = nested("{\"a\":", "}", depth).replace(":}", ":1}");
        cases.push(Case::new("deep", &format!("{depth} objects"), objects));
    }
    // one too deep: the reader gives up at the last one, and what closes is stray
    for (depth, more) in [(1024, 3), (1025, 3), (5000, 3)] {
        let request = format!("{{\"id\": {}{}\n", "[".repeat(depth), "]".repeat(more));
        cases.push(Case::new("deep", &format!("{depth} lists, {more} closed"), request + "\u{1}\n"));
    }
    let long = |len: usize| format!("{{\"execute\": \"query-name\", \"id\": \"{}\"}}", "x".repeat(len));
    for len in [1000, 4096, 70_000] {
        cases.push(Case::new("long", &format!("a string of {len}"), long(len)));
    }
    cases.push(Case::new("long", "a name of 5000", format!("{{\"execute\": \"{}\"}}", "x".repeat(5000))));
    cases.push(Case::new("long", "a word of 5000", format!("{}\n", "x".repeat(5000))));
    cases.push(Case::new("long", "a string of 5000 that does not end", format!("\"{}\n", "x".repeat(5000))));
    cases.push(Case::new("long", "a member of 5000", format!("{{\"{}\": 1}}", "x".repeat(5000))));
    let members: Vec<String> = (0..1001).map(|key| format!("\"{key}\": {key}")).collect();
    let keys = format!("{{\"execute\": \"query-name\", \"id\": {{{}}}}}", members.join(", "));
    cases.push(Case::new("long", "an id of 1001 members", keys));
    cases
}
