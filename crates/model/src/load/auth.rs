//! Who a user is, as the `authorization` header says it.

use crate::template::{Template, Variable};

/// How a user proves who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// `user:password`, encoded once its holes are filled.
    Basic(Template),
    /// A token.
    Bearer(Template),
}

impl Auth {
    /// The value of the `authorization` header.
    pub fn header(&self, fill: impl FnMut(&Variable) -> String) -> String {
        match self {
            Auth::Basic(pair) => format!("Basic {}", base64(pair.expand(fill).as_bytes())),
            Auth::Bearer(token) => format!("Bearer {}", token.expand(fill)),
        }
    }

    /// The text that is filled.
    pub fn template(&self) -> &Template {
        match self {
            Auth::Basic(template) | Auth::Bearer(template) => template,
        }
    }
}

/// Base64 with padding, RFC 4648.
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at)) as usize & 63];
            text.push(if at <= three.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded, "{plain}");
        }
    }

    #[test]
    fn headers_are_filled_first() {
        let auth = Auth::Basic(Template::parse("${user}:b").unwrap());
        assert_eq!(auth.header(|_| "a".into()), "Basic YTpi");
        let auth = Auth::Bearer(Template::parse("x${token}").unwrap());
        assert_eq!(auth.header(|hole| hole.to_string()), "Bearer xtoken");
    }
}
