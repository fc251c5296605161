//! Bytes to tokens, in pieces as they come.

/// What a token is. Its text is where the lexer's caller gathers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    OpenObject,
    CloseObject,
    OpenArray,
    CloseArray,
    Colon,
    Comma,
    /// With its quotes and escapes, which the parser takes apart.
    String,
    Integer,
    Float,
    /// `[a-z]+`; only the parser knows which there are.
    Keyword,
}

/// What a byte brings about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing, and the byte belongs to no token.
    Skip,
    /// The byte belongs to the token that is being read.
    Take,
    /// The byte is the last of a token.
    End(Kind),
    /// The token before the byte has ended; the byte is to be fed again.
    EndBefore(Kind),
    /// No token goes on or begins with the byte. The lexer then skips to where one may.
    Stray,
}

/// Where in a token the lexer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Between,
    /// After what is no token, up to a structural character or a control character other than tab.
    Recovering,
    InString {
        quote: u8,
        escaped: bool,
    },
    Minus,
    Zero,
    Digits,
    Point,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
    Keyword,
}

/// The lexer: one byte after another.
#[derive(Debug, Default)]
pub(crate) struct Lexer(State);

impl Lexer {
    /// Takes the next byte.
    pub(crate) fn feed(&mut self, byte: u8) -> Step {
        let (state, step) = self.next(byte);
        self.0 = state;
        step
    }

    #[allow(clippy::match_same_arms)] // a table is read state by state
    fn next(&self, byte: u8) -> (State, Step) {
        use State::{
            Between, Digits, Exponent, ExponentDigits, ExponentSign, Fraction, InString, Keyword, Minus,
            Point, Recovering, Zero,
        };
        let take = |state| (state, Step::Take);
        let end_before = |kind| (Between, Step::EndBefore(kind));
        match (self.0, byte) {
            (Between, _) => begin(byte),

            (Recovering, b'\t') => (Recovering, Step::Skip),
            (Recovering, b'[' | b']' | b'{' | b'}' | b':' | b',' | 0..=0x1f | 0xfe | 0xff) => begin(byte),
            (Recovering, _) => (Recovering, Step::Skip),

            (InString { .. }, 0..=0x1f | 0xfe | 0xff) => (Recovering, Step::Stray),
            (InString { quote, escaped: false }, b'\\') => take(InString { quote, escaped: true }),
            (InString { quote, escaped: false }, _) if byte == quote => (Between, Step::End(Kind::String)),
            (InString { quote, .. }, _) => take(InString { quote, escaped: false }),

            (Minus, b'0') => take(Zero),
            (Minus, b'1'..=b'9') => take(Digits),
            (Zero, b'0'..=b'9') => (Recovering, Step::Stray),
            (Digits, b'0'..=b'9') => take(Digits),
            (Zero | Digits, b'.') => take(Point),
            (Digits | Fraction, b'e' | b'E') => take(Exponent),
            (Point | Fraction, b'0'..=b'9') => take(Fraction),
            (Exponent, b'+' | b'-') => take(ExponentSign),
            (Exponent | ExponentSign | ExponentDigits, b'0'..=b'9') => take(ExponentDigits),
            (Zero | Digits, _) => end_before(Kind::Integer),
            (Fraction | ExponentDigits, _) => end_before(Kind::Float),
            (Minus | Point | Exponent | ExponentSign, _) => (Recovering, Step::Stray),

            (Keyword, b'a'..=b'z') => take(Keyword),
            (Keyword, _) => end_before(Kind::Keyword),
        }
    }
}

/// The first byte of a token, or one between tokens.
fn begin(byte: u8) -> (State, Step) {
    let whole = |kind| (State::Between, Step::End(kind));
    match byte {
        b' ' | b'\t' | b'\r' | b'\n' => (State::Between, Step::Skip),
        b'{' => whole(Kind::OpenObject),
        b'}' => whole(Kind::CloseObject),
        b'[' => whole(Kind::OpenArray),
        b']' => whole(Kind::CloseArray),
        b':' => whole(Kind::Colon),
        b',' => whole(Kind::Comma),
        b'"' | b'\'' => (State::InString { quote: byte, escaped: false }, Step::Take),
        b'-' => (State::Minus, Step::Take),
        b'0' => (State::Zero, Step::Take),
        b'1'..=b'9' => (State::Digits, Step::Take),
        b'a'..=b'z' => (State::Keyword, Step::Take),
        _ => (State::Recovering, Step::Stray),
    }
}
