//! Requests that nobody thought of: fragments of right and wrong ones in any order, the same in each run.

use super::Case;

/// What requests are made of. What QEMU and ours deliberately take differently is not among it: `differences.rs`.
const FRAGMENTS: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b" ",
    b"\n",
    b"\t",
    b"\r\n",
    b"\xff",
    b"\xfe",
    b"\x01",
    b"{\"execute\": ",
    b"\"query-name\"",
    b"'query-name'",
    b"\"qmp_capabilities\"",
    b"\"trace-event-get-state\"",
    b"\"id\": ",
    b", \"id\": 7",
    b"\"arguments\": ",
    b", \"arguments\": {",
    b"\"name\": \"cpu_in\"",
    b"\"exec-oob\": ",
    b"{\"execute\": \"query-name\", \"id\": 1}",
    b"{\"execute\": \"trace-event-get-state\", \"arguments\": {\"name\": \"cpu_out\"}, \"id\": [1, {}]}",
    b"{\"execute\": \"nosuch\", \"id\": \"x\"}",
    b"0",
    b"-",
    b"12",
    b"-7",
    b"1.5",
    b"2e",
    b"e3",
    b"0.",
    b"true",
    b"false",
    b"null",
    b"nosuch",
    b"X",
    b"\"",
    b"'",
    b"\\",
    b"\\\"",
    b"\\n",
    b"\\u0041",
    b"\\ud83d",
    b"\\ude00",
    b"\"\"",
    b"\"a\"",
    b"\"a\": 1",
    b"\xc3\xa9",
    b"\xe2\x82",
    b"\x80",
    b"#",
    b"%",
    b"\x7f",
];

/// `count` of them. Every fourth has not negotiated; each ends with what brings any reader back to its start.
pub(crate) fn cases(count: u64) -> Vec<Case> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = move |end: usize| {
        // Marsaglia's xorshift
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % end as u64).expect("it is below a usize")
    };
    let case = |number: u64| {
        let mut sends = Vec::new();
        for _ in 0..=below(14) {
            sends.extend_from_slice(FRAGMENTS[below(FRAGMENTS.len())]);
        }
        sends.extend_from_slice(b"\xff\n");
        let negotiated = !number.is_multiple_of(4);
        let bytewise = number.is_multiple_of(5);
        Case { negotiated, bytewise, ..Case::new("random", &number.to_string(), sends) }
    };
    (0..count).map(case).collect()
}
