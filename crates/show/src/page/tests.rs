use super::*;
use crate::prediction::testkit::*;

fn head() -> PageHead {
    PageHead {
        system: "ticketrush".into(),
        variant: Some("racy".into()),
        run: "20261121-114207-7f3a".into(),
        seed: 7,
        started: "2026-11-21T11:42:07Z".into(),
    }
}

fn page(prediction: &Prediction) -> String {
    prediction_page(prediction, &head())
}

/// The page without its style, which no snapshot needs to repeat.
fn body(prediction: &Prediction) -> String {
    let page = page(prediction);
    let (_, body) = page.split_once("<body>\n").unwrap();
    body.to_string()
}

#[test]
fn three_hazards() {
    insta::assert_snapshot!(body(&hazards()));
}

#[test]
fn a_retry_storm() {
    insta::assert_snapshot!(body(&storm()));
}

#[test]
fn recorded_traffic_alone() {
    insta::assert_snapshot!(body(&analyst()));
}

#[test]
fn everything_is_protected() {
    insta::assert_snapshot!(body(&protected()));
}

#[test]
fn nothing_was_found() {
    insta::assert_snapshot!(page(&nothing()).replace(style::SHEET, ""));
}

/// Tags in their order; every one that opens also closes.
pub fn check_tags(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    for part in page.split('<').skip(1) {
        let (tag, _) = part.split_once('>').expect("a tag ends");
        assert!(!tag.contains('<'));
        let name = tag.split([' ', '\n']).next().unwrap();
        let is_alone = tag.ends_with('/') || ["!doctype", "meta"].contains(&name);
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{tag}"),
            None if is_alone => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn pages_need_nothing_beside_themselves() {
    for prediction in [
        hazards(),
        storm(),
        analyst(),
        protected(),
        nothing(),
        hostile(),
    ] {
        let page = page(&prediction);
        check_tags(&page);
        for banned in [
            "<script", "http://", "https://", "src=", "href=", "url(", "@import", "NaN", "inf ",
        ] {
            assert!(!page.contains(banned), "{banned}");
        }
    }
}

#[test]
fn what_is_hostile_is_text_and_bounded() {
    let mut head = head();
    head.system = "</title><script>alert(1)</script>\u{0}".repeat(1000);
    head.run = "\"><img onerror=x>".into();
    let page = prediction_page(&hostile(), &head);
    check_tags(&page);
    assert!(!page.contains("<script") && !page.contains("<img"));
    assert!(page.chars().all(|c| !c.is_control() || c == '\n'));
    assert!(page.len() < 1_500_000, "{} bytes", page.len());
}

#[test]
fn a_page_of_events() {
    let event = |kind| Event { at_us: 0, kind };
    let started = EventKind::RunStarted {
        run: "r1".into(),
        command: "predict".into(),
        version: "0.1.0".into(),
        system: "ticketrush".into(),
        variant: None,
        spec: None,
        seed: 9,
        started: "2026-11-21T11:42:07Z".into(),
    };
    let predicted = EventKind::Predicted {
        prediction: Box::new(storm()),
    };
    let head = PageHead {
        system: "ticketrush".into(),
        variant: None,
        run: "r1".into(),
        seed: 9,
        started: "2026-11-21T11:42:07Z".into(),
    };
    assert_eq!(page_of([event(started.clone())].into_iter()), None);
    assert_eq!(
        page_of([event(started), event(predicted)].into_iter()),
        Some(prediction_page(&storm(), &head))
    );
}
