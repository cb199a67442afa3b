//! What cannot be isolated, and what the user is told.

use crate::rig::{Folder, heisen, root, run};

#[test]
fn a_spec_without_operations_shows_how_one_is_described() {
    let folder = Folder::new("isolate-nothing");
    let spec =
        "system: x\nservices:\n  a:\n    run: python3 -m http.server ${port}\n    ready: port\n";
    for operations in ["", "operations: {}\n"] {
        folder.write("heisen.yaml", &format!("{spec}{operations}"));
        let said = run(heisen(&folder).arg("isolate"));
        assert_eq!(said.code, Some(3), "{}{}", said.out, said.err);
        assert!(said.err.contains("`operations`"), "{}", said.err);
        assert!(said.err.contains("help: add"), "{}", said.err);
    }
}

#[test]
fn no_trials_and_no_time_are_wrong_arguments() {
    let folder = Folder::new("isolate-zero");
    for (words, told) in [
        (["--times", "0"], "--times"),
        (["--racers", "1"], "--racers"),
        (["--racers", "4"], "--racers"),
        (["--spread", "6s"], "--spread"),
    ] {
        let mut command = heisen(&folder);
        command
            .arg("isolate")
            .arg(root().join("targets/ticketrush"));
        let said = run(command.args(words));
        assert_eq!(said.code, Some(2), "{words:?}: {}{}", said.out, said.err);
        assert!(said.err.contains(told), "{words:?}: {}", said.err);
    }
    assert!(!folder.0.join(".heisen").exists(), "nothing was begun");
}

#[test]
fn an_unknown_variant_is_a_wrong_spec_and_the_known_ones_are_told() {
    let folder = Folder::new("isolate-variant");
    let mut command = heisen(&folder);
    command
        .arg("isolate")
        .arg(root().join("targets/ticketrush"));
    let said = run(command.args(["--variant", "row-lok"]));
    assert_eq!(said.code, Some(3), "{}{}", said.out, said.err);
    assert!(said.err.contains("row-lok"), "{}", said.err);
    assert!(said.err.contains("row-lock"), "{}", said.err);
}

#[test]
fn a_spec_that_is_not_there_is_3() {
    let folder = Folder::new("isolate-nowhere");
    let said = run(heisen(&folder).arg("isolate"));
    assert_eq!(said.code, Some(3), "{}{}", said.out, said.err);
    assert!(said.err.contains("heisen.yaml"), "{}", said.err);
}
