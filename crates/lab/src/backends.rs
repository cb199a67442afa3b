//! Gets the backends of a system: disposable servers of our own, and those that run already.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use model::{Backend, BackendSource, Protocol, System};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::error::LabError;
use crate::local::{Crew, Ports};
use crate::{Place, postgres, redis};

/// How long a backend that runs already may take to accept a connection.
const ANSWER_MS_MAX: u64 = 3_000;

/// Where disposable servers are made.
#[derive(Debug, Clone)]
pub struct Site {
    /// Starts their processes.
    pub crew: Arc<Crew>,
    /// Gives them ports.
    pub ports: Arc<Ports>,
    /// The run's folder.
    pub folder: PathBuf,
    /// Where data goes: the run's folder, or a quicker one of the same name.
    pub data: PathBuf,
}

/// Gets all backends at once; the places come in the system's order.
pub async fn provide(site: &Site, system: &System) -> Result<Vec<Place>, LabError> {
    // What can be known to be wrong is said before anything is started.
    if let Some(name) = system.only_described() {
        return Err(LabError::Described {
            name: name.to_string(),
        });
    }
    for backend in &system.backends {
        check(backend)?;
    }
    let mut tasks = JoinSet::new();
    for (order, backend) in system.backends.iter().enumerate() {
        let (site, backend, folder) = (site.clone(), backend.clone(), system.folder.clone());
        tasks.spawn(async move {
            get(&site, &backend, &folder)
                .await
                .map(|place| (order, place))
        });
    }
    let mut places = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        // A task is only cancelled by our own return; a panic in it is passed on.
        match ended {
            Ok(place) => places.push(place?),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => {}
        }
    }
    places.sort_by_key(|(order, _)| *order);
    Ok(places.into_iter().map(|(_, place)| place).collect())
}

fn check(backend: &Backend) -> Result<(), LabError> {
    let name = || backend.name.clone();
    match (&backend.source, backend.protocol) {
        (BackendSource::Provide { .. }, Protocol::Postgres | Protocol::Redis) => Ok(()),
        (BackendSource::Provide { .. }, protocol) => Err(LabError::NotProvided {
            backend: name(),
            protocol,
        }),
        (BackendSource::Stub(folder), _) => Err(LabError::Stub {
            backend: name(),
            folder: folder.clone(),
        }),
        (BackendSource::Described, _) => Err(LabError::Described { name: name() }),
        (BackendSource::At(address), _) => parse(backend, address).map(drop),
    }
}

fn parse(backend: &Backend, address: &str) -> Result<Place, LabError> {
    Place::parse(&backend.name, backend.protocol, address).map_err(|why| LabError::Address {
        backend: backend.name.clone(),
        address: address.to_string(),
        why,
    })
}

async fn get(site: &Site, backend: &Backend, folder: &std::path::Path) -> Result<Place, LabError> {
    let setup = match &backend.source {
        BackendSource::At(address) => return reach(parse(backend, address)?).await,
        BackendSource::Stub(_) | BackendSource::Described => {
            return check(backend).and_then(|()| parse(backend, ""));
        }
        BackendSource::Provide { setup } => setup,
    };
    // Read first: a file that is missing should not cost the start of a server.
    let mut files = Vec::new();
    for file in setup {
        let path = folder.join(file);
        let text = std::fs::read_to_string(&path).map_err(|error| LabError::Setup {
            backend: backend.name.clone(),
            file: path.display().to_string(),
            line: String::new(),
            why: format!("cannot read it: {error}; correct the path in its `setup:`"),
        })?;
        files.push((file.display().to_string(), text));
    }
    match backend.protocol {
        Protocol::Postgres => postgres::provide(site, &backend.name, &files).await,
        _ => redis::provide(site, &backend.name, &files).await,
    }
}

/// A server that runs already is looked at and never changed.
async fn reach(place: Place) -> Result<Place, LabError> {
    let patience = Duration::from_millis(ANSWER_MS_MAX);
    let connected = tokio::time::timeout(
        patience,
        TcpStream::connect((place.host.as_str(), place.port)),
    );
    let why = match connected.await {
        Ok(Ok(_)) => return Ok(place),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no connection within {} s", ANSWER_MS_MAX / 1000),
    };
    Err(LabError::NoAnswer {
        backend: place.name.clone(),
        address: place.address(),
        why,
    })
}
