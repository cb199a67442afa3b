//! Users of a plan, asked for their next step and told what came, without any server.

use std::time::Duration;

use drive::engine::{Next, Told, User};
use model::{Auth, Feed, FeedSource, Part, Pick, Taken, Template, Values};
use serde_json::{Value, json};

use super::*;

/// A spec with a login, what needs its token, and nothing else.
fn system() -> System {
    let operation = |name: &str, path: &str, args: &[(&str, Value)]| Operation {
        name: name.into(),
        method: if name == "login" { "POST" } else { "GET" }.into(),
        service: if name == "pay" { "payment" } else { "shop" }.into(),
        path: Template::parse(path).unwrap(),
        headers: vec![],
        body: model::Body::Empty,
        args: args
            .iter()
            .map(|(name, value)| ((*name).to_string(), vec![value.clone()]))
            .collect(),
        accepted: vec![],
        refused: vec![409],
        steps: vec![],
        limit: None,
    };
    System {
        operations: vec![
            operation("login", "/login?as=${user}", &[("user", json!("nobody"))]),
            operation("reserve", "/events/${event}", &[("event", json!(1))]),
            operation("pay", "/pay/${order}", &[("order", json!("none"))]),
        ],
        name: "shop".into(),
        folder: "/".into(),
        digest: String::new(),
        backends: vec![],
        services: vec![],
        reset: vec![],
        near_limit: vec![],
        state: vec![],
        invariants: vec![],
        variants: vec![],
        variant: None,
        traffic: model::Traffic::default(),
        loads: vec![],
        incidents: vec![],
        links: vec![],
        outages: vec![],
    }
}

fn ask(operation: &str, args: &[(&str, Value)], takes: &[(&str, &str)]) -> ScenarioStep {
    let named = args.iter();
    ScenarioStep::Ask {
        operation: operation.into(),
        args: named
            .map(|(name, value)| ((*name).to_string(), value.clone()))
            .collect(),
        takes: takes
            .iter()
            .map(|(name, from)| ((*name).to_string(), Taken::parse(from).unwrap()))
            .collect(),
    }
}

fn plan(steps: Vec<ScenarioStep>) -> LoadPlan {
    LoadPlan {
        name: "sale".into(),
        profile: vec![Part::Iterations { runs: 1, users: 1 }],
        connections: 1,
        scenarios: vec![Scenario {
            name: "buyer".into(),
            weight: 1,
            steps,
            feeds: vec![Feed {
                source: FeedSource::Values(vec![("user".into(), Values::Range(7, 9))]),
                pick: Pick::Circular,
            }],
            redirects: 1,
            auth: Some(Auth::Bearer(Template::parse("${token}").unwrap())),
            headers: vec![("x-user".into(), Template::parse("u${user}").unwrap())],
        }],
        warm_up: Duration::ZERO,
        set_up: vec![],
        clean_up: vec![],
        thresholds: vec![],
    }
}

fn ready(plan: &LoadPlan) -> Scenarios {
    let mut lanes = |operation: &Operation| {
        let port = if operation.service == "pay" { 81 } else { 80 };
        vec![SocketAddr::from(([127, 0, 0, 1], port))]
    };
    Scenarios::new(&system(), plan, 1, || 5, &mut lanes).unwrap()
}

/// What a user asks next: the operation, the path, and the headers that its scenario gives.
fn next(user: &mut dyn User) -> String {
    match user.next() {
        Next::Ask(asked) => {
            let request = String::from_utf8(asked.request.unwrap().to_vec()).unwrap();
            let lines = request.lines();
            let told = lines.filter(|line| !line.is_empty() && !line.starts_with("host"));
            let told = told.filter(|line| !line.starts_with("content-length"));
            format!(
                "{}: {}",
                asked.operation,
                told.collect::<Vec<_>>().join(" | ")
            )
        }
        Next::Think(time) => format!("think {time:?}"),
        Next::Meet(meeting) => format!("meet {}", meeting.users),
        Next::Done => "done".into(),
    }
}

fn told(
    user: &mut dyn User,
    status: u16,
    location: Option<&str>,
    headers: &[(&str, &str)],
    body: &str,
) -> bool {
    let headers: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| ((*name).to_string(), (*value).to_string()))
        .collect();
    user.told(&Told {
        outcome: &Outcome::Answered {
            status,
            location: location.map(str::to_string),
            body: body.to_string(),
        },
        headers: &headers,
        due: Duration::ZERO,
        sent: Duration::ZERO,
        ended: Duration::ZERO,
    })
}

#[test]
fn what_one_step_takes_the_next_ones_have() {
    let plan = plan(vec![
        ask("login", &[], &[("token", "/token")]),
        ScenarioStep::Think(model::Latency::Drawn(model::Distribution::Fixed(3_000))),
        ask(
            "reserve",
            &[("event", json!(42))],
            &[("order", "header x-order")],
        ),
        ScenarioStep::Meet {
            users: 2,
            patience: Duration::from_secs(1),
        },
        ask("pay", &[], &[]),
    ]);
    let all = ready(&plan);
    let mut user = all.user(0);
    let user = user.as_mut();
    user.begin(1);
    // No token yet, so nobody says who it is.
    assert_eq!(next(user), "0: POST /login?as=8 HTTP/1.1 | x-user: u8");
    let cookie = [("set-cookie", "id=1; Path=/")];
    assert!(told(user, 200, None, &cookie, r#"{"token":"t1"}"#));
    assert_eq!(next(user), "think 3ms");
    assert_eq!(
        next(user),
        "1: GET /events/42 HTTP/1.1 | authorization: Bearer t1 | x-user: u8 | cookie: id=1"
    );
    assert!(told(user, 200, None, &[("x-order", "o7")], ""));
    assert_eq!(next(user), "meet 2");
    assert!(next(user).starts_with("2: GET /pay/o7 "));
    assert!(told(user, 200, None, &[], ""));
    assert_eq!(next(user), "done");
    // Another run is another user.
    user.begin(2);
    assert_eq!(next(user), "0: POST /login?as=9 HTTP/1.1 | x-user: u9");
}

#[test]
fn a_run_ends_where_it_is_refused_or_finds_nothing() {
    let plan = plan(vec![
        ask("login", &[], &[("token", "/token")]),
        ask("reserve", &[], &[]),
    ]);
    let all = ready(&plan);
    for (status, body, wanted) in [
        (409, "", true),
        (500, "", false),
        (200, "{}", false),
        (200, r#"{"token":1}"#, true),
    ] {
        let mut user = all.user(0);
        user.begin(0);
        next(user.as_mut());
        assert_eq!(
            told(user.as_mut(), status, None, &[], body),
            wanted,
            "{status} {body}"
        );
        let goes_on = status == 200 && wanted;
        assert_eq!(next(user.as_mut()) != "done", goes_on, "{status} {body}");
    }
    let lacking: Vec<_> = all.lacking().into_iter().collect();
    assert_eq!(lacking, [("login: /token".to_string(), 1)]);
}

#[test]
fn so_many_redirects_are_followed() {
    let plan = plan(vec![ask("login", &[], &[])]);
    let all = ready(&plan);
    let mut user = all.user(0);
    let user = user.as_mut();
    user.begin(0);
    next(user);
    assert!(told(user, 302, Some("/home?x=1"), &[], ""));
    assert_eq!(next(user), "0: GET /home?x=1 HTTP/1.1 | x-user: u7");
    // One is enough here: what comes then is the answer, and not what was wanted.
    assert!(!told(user, 302, Some("/again"), &[], ""));
    assert_eq!(next(user), "done");
    user.begin(1);
    next(user);
    assert!(!told(user, 302, Some("http://elsewhere/"), &[], ""));
    assert_eq!(next(user), "done");
}
