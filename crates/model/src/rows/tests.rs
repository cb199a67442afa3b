use serde_json::json;

use super::*;

fn all(rows: &Rows) -> Vec<Vec<Value>> {
    (0..rows.count()).map(|at| rows.row(at).collect()).collect()
}

#[test]
fn csv_becomes_rows() {
    let text = "\u{feff}user, pin\r\nann,42\r\n\"o\"\"neil, jr\",08\n\nbo,1.10\n";
    let rows = Rows::of_csv(text.as_bytes()).unwrap();
    assert_eq!(rows.columns(), ["user", "pin"]);
    assert_eq!(
        all(&rows),
        [
            vec![json!("ann"), json!(42)],
            vec![json!("o\"neil, jr"), json!("08")],
            vec![json!("bo"), json!("1.10")],
        ]
    );
    assert_eq!(rows.row(3).count(), 0);
    assert_eq!(csv_columns(text.as_bytes()).unwrap(), rows.columns());
}

#[test]
fn json_becomes_rows() {
    let text = r#" [ {"user": "ann", "tags": [1, null]}, {"tags": 7.5, "user": ""} ] "#;
    let rows = Rows::of_json(text.as_bytes()).unwrap();
    assert_eq!(rows.columns(), ["user", "tags"]);
    assert_eq!(
        all(&rows),
        [
            vec![json!("ann"), json!([1, null])],
            vec![json!(""), json!(7.5)]
        ]
    );
    // The beginning is enough to know the columns.
    assert_eq!(
        json_columns(&text.as_bytes()[..40]).unwrap(),
        rows.columns()
    );
}

#[test]
fn what_is_wrong_has_its_line() {
    for (text, expected) in [
        ("a,b\n1,2\n1\n", "line 3: 1 fields below a header of 2"),
        ("a,a\n1,2\n", "line 1: two columns are called `a`"),
        (
            "a,\n1,2\n",
            "line 1: a column without a name; the first line is the header",
        ),
        ("a\n", "line 1: it holds no row below its header"),
        ("a\n\"x\n", "line 2: a quote that does not close"),
    ] {
        let error = Rows::of_csv(text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
    }
    for (text, expected) in [
        ("[]", "line 1: it holds no row"),
        (
            "{}",
            "line 1: this is no array of objects: [{ \"user\": \"ann\" }, ...]",
        ),
        (
            "[{\"a\": 1},\n{\"b\": 1}]",
            "line 2: an object without just these keys: a",
        ),
        (
            "[\n7]",
            "line 2: a row must be an object with at least one key",
        ),
        (
            "[{\"a\": 1}\n{\"a\": 2}]",
            "line 2: this is no array of objects: [{ \"user\": \"ann\" }, ...]",
        ),
    ] {
        let error = Rows::of_json(text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
    }
    assert!(Rows::of_json(b"[{\"a\": 1},]").is_err() && Rows::of_json(b"[{\"a\"").is_err());
}
