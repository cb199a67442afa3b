//! Whom a URL names, and what is sent there.

use std::net::{SocketAddr, ToSocketAddrs};

use hyper::Uri;
use thiserror::Error;

/// Why there is nothing to ask.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TargetError {
    /// It is no URL of HTTP.
    #[error("`{url}` is no URL such as http://127.0.0.1:8080/path")]
    NoUrl {
        /// What was given.
        url: String,
    },
    /// It asks for what is not there.
    #[error("`{url}`: only http:// and https:// can be asked, not {scheme}://")]
    Scheme {
        /// What was given.
        url: String,
        /// What it asks for.
        scheme: String,
    },
    /// Its host has no address.
    #[error("{host}: {why}")]
    NoAddress {
        /// The host, with its port.
        host: String,
        /// What the resolver said.
        why: String,
    },
}

/// Somebody who can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Where.
    pub address: SocketAddr,
    /// It is to be asked over TLS.
    pub secure: bool,
    /// Its name alone, which its certificate has to be for.
    pub name: String,
    /// Its name and port, as requests tell them.
    pub host: String,
    /// Path and query.
    pub path: String,
}

impl Target {
    /// Reads a URL and looks its host up.
    pub fn of(url: &str) -> Result<Target, TargetError> {
        let whole = match url.contains("://") {
            true => url.to_string(),
            false => format!("http://{url}"),
        };
        let no_url = || TargetError::NoUrl {
            url: url.to_string(),
        };
        let uri: Uri = whole.parse().map_err(|_| no_url())?;
        let scheme = uri.scheme_str().ok_or_else(no_url)?;
        let (secure, port) = match scheme {
            "http" => (false, 80),
            "https" => (true, 443),
            _ => {
                return Err(TargetError::Scheme {
                    url: url.to_string(),
                    scheme: scheme.to_string(),
                });
            }
        };
        let authority = uri.authority().ok_or_else(no_url)?;
        let port = authority.port_u16().unwrap_or(port);
        let host = format!("{}:{port}", authority.host());
        let no_address = |why: String| TargetError::NoAddress {
            host: host.clone(),
            why,
        };
        let mut found = host
            .to_socket_addrs()
            .map_err(|error| no_address(error.to_string()))?;
        let address = found
            .next()
            .ok_or_else(|| no_address("no address".to_string()))?;
        let name = authority.host().trim_matches(['[', ']']);
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Target {
            address,
            secure,
            name: name.to_string(),
            path: path.to_string(),
            host: match authority.port() {
                Some(_) => host,
                None => authority.host().to_string(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_somebody() {
        let shown = |url: &str| match Target::of(url) {
            Ok(target) => {
                let Target {
                    address,
                    secure,
                    name,
                    host,
                    path,
                } = target;
                let how = if secure { "TLS" } else { "clear" };
                format!("{address} {how} {name} {host} {path}")
            }
            Err(error) => error.to_string(),
        };
        for (url, expected) in [
            (
                "http://127.0.0.1:8080/",
                "127.0.0.1:8080 clear 127.0.0.1 127.0.0.1:8080 /",
            ),
            (
                "http://127.0.0.1:8080",
                "127.0.0.1:8080 clear 127.0.0.1 127.0.0.1:8080 /",
            ),
            (
                "127.0.0.1:8080/a?b=c",
                "127.0.0.1:8080 clear 127.0.0.1 127.0.0.1:8080 /a?b=c",
            ),
            (
                "http://127.0.0.1/x",
                "127.0.0.1:80 clear 127.0.0.1 127.0.0.1 /x",
            ),
            ("http://[::1]:81/x", "[::1]:81 clear ::1 [::1]:81 /x"),
            (
                "https://127.0.0.1/",
                "127.0.0.1:443 TLS 127.0.0.1 127.0.0.1 /",
            ),
            (
                "HTTPS://127.0.0.1:8443/a",
                "127.0.0.1:8443 TLS 127.0.0.1 127.0.0.1:8443 /a",
            ),
            ("https://[::1]/", "[::1]:443 TLS ::1 [::1] /"),
            (
                "ftp://127.0.0.1/",
                "`ftp://127.0.0.1/`: only http:// and https:// can be asked, not ftp://",
            ),
            ("", "`` is no URL such as http://127.0.0.1:8080/path"),
            (
                "http://a b/",
                "`http://a b/` is no URL such as http://127.0.0.1:8080/path",
            ),
        ] {
            assert_eq!(shown(url), expected, "{url}");
        }
    }
}
