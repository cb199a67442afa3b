//! "Did you mean": the nearest of the names that would have been right.

/// Lists longer than this are cut in messages.
const LISTED_MAX: usize = 14;

/// The nearest name, if one is near enough to be meant.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['_', ' '], "-");
    let word = plain(word);
    known
        .iter()
        .map(|name| (distance(&word, &plain(name)), *name))
        .filter(|(apart, name)| {
            let length = name.chars().count();
            let long_enough = word.len() >= 3 && length >= 3;
            let longer = length.max(word.chars().count());
            *apart <= if longer < 2 { 0 } else { (longer / 3).max(1) }
                || (long_enough
                    && (plain(name).starts_with(&word) || word.starts_with(&plain(name))))
        })
        .min_by_key(|(apart, _)| *apart)
        .map(|(_, name)| name)
}

/// ``did you mean `db`? known: db, cache``, or only the list, or that there is none.
pub fn help(word: &str, noun: &str, known: &[&str]) -> String {
    if known.is_empty() {
        return format!("there are no {noun}");
    }
    let mut list = known
        .iter()
        .take(LISTED_MAX)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    if known.len() > LISTED_MAX {
        list.push_str(", ...");
    }
    match nearest(word, known) {
        Some(name) => format!("did you mean `{name}`? {noun}: {list}"),
        None => format!("{noun}: {list}"),
    }
}

/// Edits between two words: insert, remove, replace, swap neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) =
        (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_not() {
        let known = ["protocol", "provide", "setup", "near_limit", "db", "at"];
        for (word, expected) in [
            ("protocl", Some("protocol")),
            ("porvide", Some("provide")),
            ("near-limit", Some("near_limit")),
            ("Setup", Some("setup")),
            ("proto", Some("protocol")),
            ("bd", Some("db")),
            ("database", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, &known), expected, "{word}");
        }
    }

    #[test]
    fn lists_are_cut() {
        let names: Vec<String> = (0..20).map(|n| format!("name-{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert!(help("zzz", "services", &names).ends_with("name-13, ..."));
        assert_eq!(help("x", "services", &[]), "there are no services");
    }
}
