//! Rust source as identifiers and punctuation, without comments, literals and unit tests.

/// A token of the source, with the line it is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// Reads the tokens of a file, and leaves out every item marked `#[cfg(test)]`.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    without_tests(&split(source))
}

fn split(source: &str) -> Vec<Token> {
    let text: Vec<char> = source.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < text.len() {
        let start = at;
        let next = text.get(at + 1).copied().unwrap_or('\0');
        match text[at] {
            '/' if next == '/' => {
                at += text[at..].iter().position(|&c| c == '\n').unwrap_or(text.len() - at);
            }
            '/' if next == '*' => at = end_of_comment(&text, at),
            '"' => at = end_of_string(&text, at),
            'b' | 'c' | 'r' if literal(&text, at).is_some() => {
                at = literal(&text, at).unwrap_or(at + 1);
            }
            '\'' => at = end_of_quote(&text, at),
            c if is_word(c) => {
                let length = text[at..].iter().take_while(|&&c| is_word(c)).count();
                at += length;
                tokens.push(Token { text: text[start..at].iter().collect(), line });
            }
            ':' if next == ':' => {
                at += 2;
                tokens.push(Token { text: "::".to_owned(), line });
            }
            c => {
                at += 1;
                if !c.is_whitespace() {
                    tokens.push(Token { text: c.to_string(), line });
                }
            }
        }
        line += text[start..at].iter().filter(|&&c| c == '\n').count();
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn end_of_comment(text: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0_usize);
    while at < text.len() {
        match (text[at], text.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn end_of_string(text: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < text.len() && text[at] != '"' {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// The end of a literal with a prefix: `b"x"`, `br#"x"#`, `b'x'`; `None` if this is a word.
fn literal(text: &[char], start: usize) -> Option<usize> {
    let prefix = text[start..].iter().take_while(|&&c| matches!(c, 'b' | 'c' | 'r')).count();
    let is_raw = text[start..start + prefix].contains(&'r');
    let hashes = text[start + prefix..].iter().take_while(|&&c| c == '#').count();
    let quote = start + prefix + hashes;
    match text.get(quote) {
        Some('"') if is_raw => {
            let close = |at: &usize| {
                text[*at] == '"'
                    && text[at + 1..].iter().take_while(|&&c| c == '#').count() >= hashes
            };
            (quote + 1..text.len()).find(close).map(|at| at + 1 + hashes)
        }
        Some('"') if hashes == 0 => Some(end_of_string(text, quote)),
        Some('\'') if hashes == 0 && text[start..quote] == ['b'] => Some(end_of_quote(text, quote)),
        _ => None,
    }
}

/// The end of a character, or of a lifetime's tick.
fn end_of_quote(text: &[char], start: usize) -> usize {
    match (text.get(start + 1), text.get(start + 2)) {
        (Some('\\'), _) => {
            let rest = text.iter().skip(start + 3);
            start + 4 + rest.take_while(|&&c| c != '\'').count()
        }
        (Some(_), Some('\'')) => start + 3,
        _ => start + 1,
    }
}

const TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];

fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at..].iter().map(|token| token.text.as_str()).take(7).eq(TEST) {
            at = end_of_item(tokens, at + TEST.len());
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// The end of an item: its `;`, or the brace that closes it.
fn end_of_item(tokens: &[Token], start: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token.text.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && matches!(token.text.as_str(), ";" | "}") {
            return at + 1;
        }
    }
    tokens.len()
}

#[test]
fn literals_comments_and_tests_are_left_out() {
    let source = r##"
        // use crate::a;
        /* use crate::b; /* nested */ */
        const T: &str = "crate::c \" crate::d";
        const R: &[u8] = br#"crate::"e" "#;
        fn f<'a>(c: char) { if c == '"' || c == '\'' || b'"' == 1 { crate::seen() } }
        #[cfg(test)]
        mod tests { use super::*; fn g() { crate::h() } }
        type Last = crate::Kept;
    "##;
    let tokens = tokens(source);
    let words: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
    let after = |word| words.iter().enumerate().filter(move |(_, w)| **w == word);
    let used: Vec<&str> = after("crate").map(|(at, _)| words[at + 2]).collect();
    assert_eq!(used, ["seen", "Kept"]);
    assert_eq!(tokens.last().map(|token| token.line), Some(9));
}
