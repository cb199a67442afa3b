//! `heisen report` and `heisen runs`: evidence, shown again.

use store::Recorded;

use crate::arguments::{Common, ReportOptions};
use crate::exit::{Exit, Failure};
use crate::out::put;
use crate::run;
use crate::sink::Drained;

pub fn run(options: &ReportOptions, common: &Common) -> Result<Exit, Failure> {
    let path = store::find(&common.out, &options.run).map_err(Failure::usage)?;
    if let Some(to) = &options.page {
        return super::predict::page(&path, to).map(|()| Exit::Done);
    }
    let drained = Drained {
        evidence: Some(path),
        events: Vec::new(),
        trouble: None,
    };
    put!("{}", text(&drained, common)?);
    Ok(Exit::Done)
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
