//! Hostile texts in every language: steps of a spec, statements of a log, definitions of data.
#![no_main]

use wire::text::{Describer, Language, unique};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((first, text)) = input.split_first() else {
        return;
    };
    let languages = [Language::Postgres, Language::MySql, Language::Redis, Language::Http];
    let language = languages[usize::from(*first) % languages.len()];
    let text = String::from_utf8_lossy(text);
    let mut describer = Describer::new(language);
    // Lines are the texts of one session.
    for line in text.lines() {
        describer.describe(line, &[Some("a".to_string()), None]);
    }
    describer.describe(&text, &[]);
    describer.not_understood();
    unique(&text, language);
});
