//! `heisen report` and `heisen runs`: evidence, shown again.

use std::path::Path;

use store::Recorded;

use crate::arguments::{Common, ReportOptions};
use crate::exit::{Exit, Failure};
use crate::out::put;
use crate::outputs::Table;
use crate::run;
use crate::sink::Drained;

pub fn run(options: &ReportOptions, common: &Common) -> Result<Exit, Failure> {
    let path = store::find(&common.out, &options.run).map_err(Failure::usage)?;
    if let Some(to) = &options.page {
        return page(&path, to).map(|()| Exit::Done);
    }
    if let Some(to) = &options.csv {
        return table(&path, to).map(|()| Exit::Done);
    }
    let drained = Drained {
        evidence: Some(path),
        events: Vec::new(),
        trouble: None,
        unheard: Vec::new(),
    };
    put!("{}", text(&drained, common)?);
    Ok(Exit::Done)
}

/// Writes the page of a run.
fn page(evidence: &Path, to: &Path) -> Result<(), Failure> {
    let recorded = Recorded::open(evidence).map_err(Failure::usage)?;
    let page = show::page_of(recorded.events().map_while(Result::ok)).ok_or_else(|| {
        Failure::usage(format!(
            "{} predicted nothing and measured no load, so there is no page of it; runs of `heisen predict` \
             and `heisen stress` have one",
            evidence.display()
        ))
    })?;
    std::fs::write(to, page).map_err(|error| Failure::usage(format!("{}: {error}", to.display())))
}

/// Writes the seconds of a run's load.
fn table(evidence: &Path, to: &Path) -> Result<(), Failure> {
    let recorded = Recorded::open(evidence).map_err(Failure::usage)?;
    let mut table = Table::create(to)?;
    for event in recorded.events().map_while(Result::ok) {
        table.take(&event);
    }
    match (table.rows(), table.finish()) {
        (_, Some(trouble)) => Err(Failure::usage(trouble)),
        (0, None) => Err(Failure::usage(format!(
            "{} has no seconds of load, so {} has no rows; steady runs of `heisen stress` have them",
            evidence.display(),
            to.display()
        ))),
        (_, None) => Ok(()),
    }
}

/// The report of a run, from its evidence where there is some.
pub fn text(drained: &Drained, common: &Common) -> Result<String, Failure> {
    let style = show::Style::for_stdout(run::color(common.color));
    let evidence = drained.evidence.as_deref();
    let look = show::Look {
        width: show::WIDTH,
        style,
        evidence: drained.evidence.clone(),
    };
    match evidence {
        Some(path) => {
            let recorded = Recorded::open(path).map_err(Failure::usage)?;
            let mut trouble = None;
            let events = recorded
                .events()
                .map_while(|event| event.map_err(|e| trouble = Some(e)).ok());
            let text = show::report_with(events, &look);
            match trouble {
                Some(error) => Ok(format!("{text}\nthe rest cannot be read: {error}\n")),
                None => Ok(text),
            }
        }
        None => Ok(show::report_with(drained.events.iter().cloned(), &look)),
    }
}

pub fn list(common: &Common) -> Result<Exit, Failure> {
    let runs = store::runs(&common.out).map_err(Failure::usage)?;
    put!("{}", show::runs_table(&runs));
    Ok(Exit::Done)
}
