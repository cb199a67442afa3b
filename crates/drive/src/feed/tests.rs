use std::path::PathBuf;

use serde_json::json;

use super::*;

fn rows_of(picker: &Picker, runs: u64) -> Vec<u64> {
    (0..runs).map(|run| picker.row(run)).collect()
}

#[test]
fn circular_and_first_follow_the_run() {
    let circular = Picker::new(Pick::Circular, 3, 1, "buyer 0");
    assert_eq!(rows_of(&circular, 7), [0, 1, 2, 0, 1, 2, 0]);
    let first = Picker::new(Pick::First, 3, 1, "buyer 0");
    assert_eq!(rows_of(&first, 3), [0, 0, 0]);
}

#[test]
fn random_rows_are_all_there_and_equally_likely() {
    let picker = Picker::new(Pick::Random, 10, 1, "buyer 0");
    let mut seen = [0_u32; 10];
    rows_of(&picker, 10_000)
        .iter()
        .for_each(|row| seen[*row as usize] += 1);
    assert!(
        seen.iter().all(|count| (850..1150).contains(count)),
        "{seen:?}"
    );
}

#[test]
fn zipf_rows_have_the_shares_of_the_closed_form() {
    let (rows, runs) = (50_u64, 50_000_u64);
    let picker = Picker::new(Pick::Zipf(1.1), rows, 1, "buyer 0");
    let mut seen = vec![0_u64; rows as usize];
    rows_of(&picker, runs)
        .iter()
        .for_each(|row| seen[*row as usize] += 1);
    let whole: f64 = (1..=rows).map(|n| (n as f64).powf(-1.1)).sum();
    // Four times the deviation of a share of so many draws.
    for (at, seen) in seen.iter().enumerate() {
        let share = (at as f64 + 1.0).powf(-1.1) / whole;
        let deviation = (share * (1.0 - share) / runs as f64).sqrt();
        let found = *seen as f64 / runs as f64;
        assert!(
            (found - share).abs() < 4.0 * deviation,
            "{at}: {found} for {share}"
        );
    }
}

#[test]
fn same_seed_same_rows() {
    let rows = |seed, stream| rows_of(&Picker::new(Pick::Random, 1_000, seed, stream), 50);
    assert_eq!(rows(1, "buyer 0"), rows(1, "buyer 0"));
    assert_ne!(rows(1, "buyer 0"), rows(2, "buyer 0"));
    assert_ne!(rows(1, "buyer 0"), rows(1, "buyer 1"));
    // In any order.
    let picker = Picker::new(Pick::Random, 1_000, 1, "buyer 0");
    let backwards: Vec<u64> = (0..50).rev().map(|run| picker.row(run)).collect();
    assert!(backwards.into_iter().rev().eq(rows(1, "buyer 0")));
}

#[test]
fn feeds_give_arguments() {
    let folder = std::env::temp_dir().join(format!("heisen-feed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("users.csv"), "user,pin\nann,1\nbob,02\n").unwrap();
    std::fs::write(folder.join("users.json"), "[{\"user\": {\"id\": 1}}]").unwrap();
    std::fs::write(folder.join("bad.csv"), "user\n").unwrap();
    let feed = |source| {
        let pick = Pick::Circular;
        Feed::of(&model::Feed { source, pick }, &folder, 1, "buyer 0")
    };
    let csv = feed(FeedSource::Csv("users.csv".into())).unwrap();
    assert_eq!(
        csv.args(3),
        [("user".into(), json!("bob")), ("pin".into(), json!("02"))]
    );
    let rows = feed(FeedSource::Json("users.json".into())).unwrap();
    assert_eq!(rows.args(9), [("user".into(), json!({ "id": 1 }))]);
    let events = Values::Range(-1, 998);
    let values = feed(FeedSource::Values(vec![("event".into(), events)])).unwrap();
    assert_eq!(values.args(1_001), [("event".into(), json!(0))]);
    let told = |path: &str| feed(FeedSource::Csv(path.into())).unwrap_err().to_string();
    assert!(told("bad.csv").ends_with("bad.csv: line 1: it holds no row below its header"));
    assert!(told("nowhere.csv").contains("nowhere.csv: "));
    let folder: PathBuf = folder;
    std::fs::remove_dir_all(&folder).unwrap();
}
