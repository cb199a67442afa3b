use std::sync::Arc;

use drive::engine::Askers;

use super::*;

/// Keeps what was written; refuses when it is full.
#[derive(Clone, Default)]
struct Paper {
    text: Arc<Mutex<Vec<u8>>>,
    is_full: bool,
}

impl Paper {
    fn lines(&self) -> Vec<serde_json::Value> {
        let text = String::from_utf8(self.text.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.text.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn told(outcome: &Outcome) -> Told<'_> {
    Told {
        outcome,
        headers: &[],
        due: Duration::from_micros(10),
        sent: Duration::from_micros(12),
        ended: Duration::from_micros(500),
    }
}

/// Each outcome once, asked by the user in place 4 of a service with three lanes.
fn audited(audit: &Audit, outcomes: &[Outcome]) {
    let users = Askers {
        request: &|_, _| Err("not needed".to_string()),
        to_head: false,
        expects: &|told, _| matches!(told.outcome, Outcome::Answered { status: 200, .. }),
    };
    let names = [quoted("say \"hi\"\n")];
    let audited = Audited::new(&users, audit, &names, &[3]);
    let mut user = audited.user(4);
    for (outcome, number) in outcomes.iter().zip(70..) {
        user.begin(number);
        assert!(matches!(user.next(), Next::Ask(_)));
        user.told(&told(outcome));
    }
}

fn answered(status: u16) -> Outcome {
    Outcome::Answered {
        status,
        location: None,
        body: String::new(),
    }
}

#[test]
fn each_request_has_a_line() {
    let paper = Paper::default();
    let audit = Audit::new(Box::new(paper.clone()), 100);
    let outcomes = [
        answered(200),
        answered(503),
        Outcome::Unknown(UnknownWhy::TimedOut),
        Outcome::Unknown(UnknownWhy::Cut),
        Outcome::Unknown(UnknownWhy::Garbled),
        Outcome::NotSent { why: "no".into() },
    ];
    audited(&audit, &outcomes);
    audit.finish().unwrap();
    let lines = paper.lines();
    assert_eq!(
        lines[0],
        serde_json::json!({
            "number": 70, "operation": "say \"hi\"\n", "lane": 2, "due_us": 10, "sent_us": 12,
            "ended_us": 500, "outcome": "answered", "status": 200, "expected": true,
        })
    );
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line["outcome"].as_str().unwrap(), line["expected"] == true))
        .collect();
    assert_eq!(
        told,
        [
            ("answered", true),
            ("answered", false),
            ("timed out", false),
            ("cut", false),
            ("garbled", false),
            ("not sent", false)
        ]
    );
    assert_eq!(
        (&lines[1]["status"], &lines[2]["status"]),
        (&503.into(), &().into())
    );
}

#[test]
fn what_is_too_much_is_counted() {
    for (lines_max, kept, last) in [(0, 0, Some(5)), (3, 3, Some(2)), (5, 5, None)] {
        let paper = Paper::default();
        let audit = Audit::new(Box::new(paper.clone()), lines_max);
        audited(&audit, &vec![answered(200); 5]);
        audit.finish().unwrap();
        let lines = paper.lines();
        let left_out = lines.last().and_then(|line| line["left_out"].as_u64());
        assert_eq!(
            (lines.len() - usize::from(last.is_some()), left_out),
            (kept, last)
        );
    }
}

#[test]
fn a_full_disk_ends_no_load() {
    let paper = Paper {
        is_full: true,
        ..Paper::default()
    };
    let audit = Audit::new(Box::new(paper), u64::MAX);
    audited(&audit, &vec![answered(200); 10_000]);
    let error = audit.finish().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
}
