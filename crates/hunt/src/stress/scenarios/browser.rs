//! What users have of a browser: cookies that stay for a run, and redirects that are followed.

/// Cookies of one user.
#[derive(Debug, Default)]
pub struct Cookies {
    kept: Vec<(String, String)>,
}

impl Cookies {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.kept.clear();
    }

    /// Takes those that an answer sets, and drops those it ends.
    pub fn take(&mut self, headers: &[(String, String)]) {
        let set = headers.iter().filter(|(name, _)| name == "set-cookie");
        for (_, cookie) in set {
            let mut parts = cookie.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            self.kept.retain(|(known, _)| known != name);
            let ends = |part: &str| {
                let pair = part.split_once('=');
                pair.is_some_and(|(key, age)| {
                    let age = age.trim().parse::<i64>();
                    key.eq_ignore_ascii_case("max-age") && age.is_ok_and(|age| age <= 0)
                })
            };
            if !parts.any(ends) {
                self.kept.push((name.to_string(), value.to_string()));
            }
        }
    }

    /// The header that gives them back, if there are any.
    pub fn header(&self) -> Option<String> {
        let pairs = self.kept.iter();
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

/// Where a redirect from a path of this host leads on it; none where it leads elsewhere.
pub fn redirected(location: &str, host: &str, from: &str) -> Option<String> {
    let location = location.split('#').next().unwrap_or_default();
    let absolute = ["http://", "https://", "//"];
    let rest = absolute
        .iter()
        .find_map(|start| location.strip_prefix(start));
    if let Some(rest) = rest {
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        return (authority == host).then(|| path.to_string());
    }
    match location.chars().next() {
        None => None,
        Some('/') => Some(location.to_string()),
        Some(_) => {
            let path = from.split('?').next().unwrap_or_default();
            let folder = path.rfind('/').map_or("/", |at| &path[..=at]);
            Some(format!("{folder}{location}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_given_back_until_they_end() {
        let set = |cookie: &str| ("set-cookie".to_string(), cookie.to_string());
        let mut cookies = Cookies::default();
        assert_eq!(cookies.header(), None);
        cookies.take(&[set("id=a=b; Path=/; HttpOnly"), set("lang=de"), set("odd")]);
        assert_eq!(cookies.header().as_deref(), Some("id=a=b; lang=de"));
        cookies.take(&[set("lang=x; Max-Age=0"), set("id=c; max-age=60")]);
        assert_eq!(cookies.header().as_deref(), Some("id=c"));
        cookies.clear();
        assert_eq!(cookies.header(), None);
    }

    #[test]
    fn redirects_stay_on_their_host() {
        for (location, from, expected) in [
            ("/home", "/login", Some("/home")),
            ("/home?a=b#c", "/login", Some("/home?a=b")),
            ("done", "/a/b?x=/y/", Some("/a/done")),
            ("http://me:80/x", "/", Some("/x")),
            ("http://me:80", "/", Some("/")),
            ("//me:80/x", "/", Some("/x")),
            ("http://other/x", "/", None),
            ("", "/", None),
            ("#c", "/", None),
        ] {
            let led = redirected(location, "me:80", from);
            assert_eq!(led.as_deref(), expected, "{location} from {from}");
        }
    }
}
