//! Where a backend can be reached. The hunter gives services the same address through a wire:
//! everything but host and port stays as the user wrote it.

use model::Protocol;

/// A backend that can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The backend.
    pub name: String,
    /// What it speaks.
    pub protocol: Protocol,
    /// Where it runs.
    pub host: String,
    /// On which port.
    pub port: u16,
    /// Whether heisen started it, so that it may be reset, configured and removed at will.
    pub provided: bool,
    /// `postgres` or `postgresql`, as written.
    scheme: String,
    /// `user:password`, as written.
    userinfo: Option<String>,
    /// Path and query, as written, with their `/` or `?`.
    tail: String,
}

/// What a right address looks like.
fn example(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Postgres => "write postgres://USER:PASSWORD@HOST:PORT/DATABASE",
        Protocol::Redis => "write redis://HOST:PORT/NUMBER",
        Protocol::Http => "write http://HOST:PORT",
        Protocol::Tcp => "write tcp://HOST:PORT",
    }
}

impl Place {
    /// A backend that heisen started on this machine; `userinfo` and `tail` as in a URL.
    pub fn provided(
        name: &str,
        protocol: Protocol,
        port: u16,
        userinfo: Option<&str>,
        tail: &str,
    ) -> Place {
        Place {
            name: name.to_string(),
            protocol,
            host: "127.0.0.1".to_string(),
            port,
            provided: true,
            scheme: protocol.as_str().to_string(),
            userinfo: userinfo.map(str::to_string),
            tail: tail.to_string(),
        }
    }

    /// Reads the address of a backend that runs already; the error says what is wrong with it.
    pub fn parse(name: &str, protocol: Protocol, address: &str) -> Result<Place, String> {
        let text = address.trim();
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None if protocol == Protocol::Tcp => ("tcp".to_string(), text),
            None => return Err(format!("it has no scheme; {}", example(protocol))),
        };
        let default_port = scheme_port(protocol, &scheme)?;
        let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(authority_end);
        let (userinfo, host_port) = match authority.rsplit_once('@') {
            Some((userinfo, host_port)) => (Some(userinfo.to_string()), host_port),
            None => (None, authority),
        };
        let (host, port) = split_port(host_port)?;
        if host.is_empty() {
            return Err(format!("it has no host; {}", example(protocol)));
        }
        if host.contains(',') {
            return Err("it names several hosts; name one".to_string());
        }
        let port = port
            .or(default_port)
            .ok_or_else(|| format!("it has no port; {}", example(protocol)))?;
        Ok(Place {
            name: name.to_string(),
            protocol,
            host: host.to_string(),
            port,
            provided: false,
            scheme,
            userinfo,
            tail: tail.to_string(),
        })
    }

    /// Its URL.
    pub fn url(&self) -> String {
        self.url_at(&self.host, self.port)
    }

    /// The same URL at another host and port: through a wire.
    pub fn url_at(&self, host: &str, port: u16) -> String {
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.to_string()
        };
        let userinfo = match &self.userinfo {
            Some(userinfo) => format!("{userinfo}@"),
            None => String::new(),
        };
        format!("{}://{userinfo}{host}:{port}{}", self.scheme, self.tail)
    }

    /// Host and port, for people and for sockets.
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The user, decoded.
    pub fn user(&self) -> Option<String> {
        let userinfo = self.userinfo.as_deref()?;
        let user = userinfo.split_once(':').map_or(userinfo, |(user, _)| user);
        (!user.is_empty()).then(|| decode(user))
    }

    /// The password, decoded.
    pub fn password(&self) -> Option<String> {
        let (_, password) = self.userinfo.as_deref()?.split_once(':')?;
        (!password.is_empty()).then(|| decode(password))
    }

    /// The path without its first `/`, decoded: a database's name or number.
    pub fn database(&self) -> Option<String> {
        let path = self.path().trim_start_matches('/');
        (!path.is_empty()).then(|| decode(path))
    }

    /// The path, as written.
    pub fn path(&self) -> &str {
        let end = self.tail.find(['?', '#']).unwrap_or(self.tail.len());
        &self.tail[..end]
    }
}

/// Whether the scheme is one of the protocol's, and the port it means when none is written.
fn scheme_port(protocol: Protocol, scheme: &str) -> Result<Option<u16>, String> {
    match (protocol, scheme) {
        (Protocol::Postgres, "postgres" | "postgresql") => Ok(Some(5432)),
        (Protocol::Redis, "redis") => Ok(Some(6379)),
        (Protocol::Http, "http") => Ok(Some(80)),
        (Protocol::Tcp, "tcp") => Ok(None),
        (_, "rediss" | "https" | "valkeys") => Err(format!(
            "`{scheme}` is encrypted and a wire could not look into it; name an unencrypted listener, {}://HOST:PORT",
            protocol.as_str()
        )),
        _ => Err(format!(
            "`{scheme}` does not fit the protocol {protocol}; {}",
            example(protocol)
        )),
    }
}

fn split_port(host_port: &str) -> Result<(&str, Option<u16>), String> {
    let (host, port) = if let Some(inner) = host_port.strip_prefix('[') {
        let (host, rest) = inner
            .split_once(']')
            .ok_or("its `[` is not closed; write an IPv6 address as [::1]:5432")?;
        (host, rest.strip_prefix(':'))
    } else {
        match host_port.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (host_port, None),
        }
    };
    let Some(port) = port else {
        return Ok((host, None));
    };
    match port.parse::<u16>() {
        Ok(port) if port > 0 => Ok((host, Some(port))),
        _ => Err(format!("`{port}` is not a port; write 1 to 65535")),
    }
}

/// Undoes percent encoding; what is not a valid escape stays.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escape {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written_again() {
        let check = |protocol, address: &str, through: &str, parts: [Option<&str>; 3]| {
            let place = Place::parse("b", protocol, address).unwrap();
            assert_eq!(place.url_at("127.0.0.1", 9), through, "{address}");
            let found = [place.user(), place.password(), place.database()];
            assert_eq!(found.each_ref().map(Option::as_deref), parts, "{address}");
        };
        check(
            Protocol::Postgres,
            "postgres://al%40x:p%3Aw@db.local:6000/shop?sslmode=disable",
            "postgres://al%40x:p%3Aw@127.0.0.1:9/shop?sslmode=disable",
            [Some("al@x"), Some("p:w"), Some("shop")],
        );
        check(
            Protocol::Postgres,
            "postgresql://localhost",
            "postgresql://127.0.0.1:9",
            [None, None, None],
        );
        check(
            Protocol::Redis,
            "redis://:secret@[::1]:6380/3",
            "redis://:secret@127.0.0.1:9/3",
            [None, Some("secret"), Some("3")],
        );
        check(
            Protocol::Http,
            " http://bank:8080/api/v1 ",
            "http://127.0.0.1:9/api/v1",
            [None, None, Some("api/v1")],
        );
        check(
            Protocol::Tcp,
            "broker:5672",
            "tcp://127.0.0.1:9",
            [None, None, None],
        );
    }

    #[test]
    fn ipv6_is_written_in_brackets() {
        let place = Place::parse("b", Protocol::Redis, "redis://[::1]").unwrap();
        assert_eq!(place.host, "::1");
        assert_eq!(place.url(), "redis://[::1]:6379");
        assert_eq!(place.address(), "[::1]:6379");
    }

    #[test]
    fn wrong_addresses_are_explained() {
        let mut text = String::new();
        for (protocol, address) in [
            (Protocol::Postgres, "localhost:5432"),
            (Protocol::Postgres, "mysql://localhost/shop"),
            (Protocol::Postgres, "postgres:///shop"),
            (Protocol::Postgres, "postgres://a,b/shop"),
            (Protocol::Redis, "rediss://cache:6379"),
            (Protocol::Redis, "redis://cache:port"),
            (Protocol::Redis, "redis://[::1:6379"),
            (Protocol::Redis, "redis://cache:0"),
            (Protocol::Tcp, "tcp://broker"),
        ] {
            let why = Place::parse("b", protocol, address).unwrap_err();
            text.push_str(&format!("{address}: {why}\n"));
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn broken_escapes_stay() {
        for (input, expected) in [("a%2", "a%2"), ("%zz", "%zz"), ("%C3%A9", "é"), ("", "")] {
            assert_eq!(decode(input), expected);
        }
    }
}
