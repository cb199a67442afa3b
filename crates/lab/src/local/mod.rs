//! A lab on this machine: plain processes, each with a group of its own.

mod crew;
mod folder;
mod logs;
mod ports;
mod program;
mod ready;
mod spawn;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::System;
use nix::sys::signal::Signal;

use crate::error::{LabError, Ran};
use crate::guard::Watch;
use crate::plan::{Blow, ReplicaName, ReplicaPlan, Started};
use crate::{Lab, Place, backends};

pub(crate) use crew::{Crew, Launch, how, show_words};
pub(crate) use folder::{
    ServerUser, file_name, log_path, make_for_server, server_user, temporary_folders,
};
pub(crate) use logs::Log;
pub(crate) use ports::Ports;

/// How long a replica may take to end by itself.
const STOP_MS_MAX: u64 = 3_000;
/// How long a backend may take to end by itself; what it holds is thrown away in any case.
const BACKEND_STOP_MS_MAX: u64 = 1_000;

/// What a lab must be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabOptions {
    /// The run's id: letters, digits, `-` and `_`, at most 48.
    pub run: String,
    /// The executable that is started as guard, with `guard --journal PATH`: heisen itself.
    pub guard: PathBuf,
}

impl LabOptions {
    /// The usual options.
    pub fn new(run: &str, guard: &std::path::Path) -> LabOptions {
        LabOptions {
            run: run.to_string(),
            guard: guard.to_path_buf(),
        }
    }
}

/// A lab on this machine.
#[derive(Debug)]
pub struct LocalLab {
    crew: Arc<Crew>,
    ports: Arc<Ports>,
    folder: PathBuf,
    data: PathBuf,
    replicas: Vec<Replica>,
    ready_max: Duration,
    watch: Option<Watch>,
}

#[derive(Debug)]
struct Replica {
    plan: ReplicaPlan,
    pid: u32,
    log: Log,
    /// Whether it was asked to end, or its end was told already.
    told: bool,
}

impl LocalLab {
    /// Starts the guard, then makes the run's folder. Nothing runs in it yet.
    pub async fn open(options: LabOptions) -> Result<LocalLab, LabError> {
        let (watch, journal) = Watch::start(&options.guard, &options.run).await?;
        let crew = Arc::new(Crew::new(&options.run, journal));
        let mut lab = LocalLab {
            ports: Arc::new(Ports::new(&options.run)),
            folder: PathBuf::new(),
            data: PathBuf::new(),
            replicas: Vec::new(),
            ready_max: Duration::from_millis(ready::READY_MS_MAX),
            watch: Some(watch),
            crew,
        };
        lab.folder = folder::make(&lab.crew, &options.run)?;
        lab.data =
            folder::make_in_memory(&lab.crew, &options.run).unwrap_or_else(|| lab.folder.clone());
        Ok(lab)
    }

    /// The run's temporary folder; it goes when the lab closes.
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// Changes how long a replica may take until it is ready; usually 20 s.
    pub fn set_ready_max(&mut self, patience: Duration) {
        self.ready_max = patience;
    }

    /// Whether the guard still watches.
    pub fn is_guarded(&mut self) -> bool {
        self.watch.as_mut().is_some_and(Watch::is_alive)
    }

    fn find(&self, name: &ReplicaName) -> Result<&Replica, LabError> {
        let same = |replica: &&Replica| replica.plan.name() == *name;
        self.replicas
            .iter()
            .find(same)
            .ok_or_else(|| LabError::NoReplica(name.clone()))
    }

    fn tell(&mut self, pid: u32) {
        for replica in self
            .replicas
            .iter_mut()
            .filter(|replica| replica.pid == pid)
        {
            replica.told = true;
        }
    }

    /// Starts the process of a plan; it is not ready yet.
    async fn launch(&mut self, plan: &ReplicaPlan) -> Result<(Pending, Instant), LabError> {
        let name = plan.name();
        if self
            .find(&name)
            .is_ok_and(|replica| self.crew.ended(replica.pid).is_none())
        {
            return Err(LabError::RunsAlready(name));
        }
        let program = program::find(plan)?;
        if !ports::is_free(plan.port).await {
            return Err(LabError::PortTaken {
                replica: name,
                port: plan.port,
                log: String::new(),
            });
        }
        let log = Log::begin(log_path(&self.folder, &name.to_string()));
        let launch = Launch {
            name: name.to_string(),
            program,
            words: plan.words.iter().skip(1).map(Into::into).collect(),
            env: plan.env.clone(),
            folder: plan.folder.clone(),
            log: log.clone(),
            user: None,
        };
        let begun = Instant::now();
        let pid = self.crew.start(&launch).await?;
        self.replicas.retain(|replica| replica.plan.name() != name);
        self.replicas.push(Replica {
            plan: plan.clone(),
            pid,
            log: log.clone(),
            told: true,
        });
        Ok((
            Pending {
                name,
                pid,
                log,
                command: show_words(&plan.words),
            },
            begun,
        ))
    }

    /// Waits until a launched replica is ready; ends it if it does not become so.
    async fn settle(
        &mut self,
        plan: &ReplicaPlan,
        pending: Pending,
        begun: Instant,
    ) -> Result<Started, LabError> {
        let deadline = begun + self.ready_max;
        loop {
            let looked = ready::look(&plan.ready, plan.port).await;
            if let Some(status) = self.crew.ended(pending.pid) {
                return Err(pending.ended_early(plan, &how(status)));
            }
            let Err(why) = looked else { break };
            if Instant::now() >= deadline {
                self.crew
                    .stop(
                        pending.pid,
                        Signal::SIGTERM,
                        Duration::from_millis(STOP_MS_MAX),
                    )
                    .await?;
                return Err(pending.not_ready(plan, why, self.ready_max));
            }
            tokio::time::sleep(Duration::from_millis(ready::READY_LOOK_MS)).await;
        }
        for replica in self
            .replicas
            .iter_mut()
            .filter(|replica| replica.pid == pending.pid)
        {
            replica.told = false;
        }
        Ok(Started {
            replica: pending.name,
            lane: plan.lane,
            address: format!("127.0.0.1:{}", plan.port),
            pid: pending.pid,
            took: begun.elapsed(),
            warnings: limit_warnings(plan),
        })
    }

    /// Launches all, then waits for each: together that takes as long as the slowest.
    async fn start_each(
        &mut self,
        plans: &[ReplicaPlan],
        launched: &mut Vec<u32>,
    ) -> Result<Vec<Started>, LabError> {
        let mut waiting = Vec::new();
        for plan in plans {
            let (pending, begun) = self.launch(plan).await?;
            launched.push(pending.pid);
            waiting.push((plan, pending, begun));
        }
        let mut started = Vec::new();
        for (plan, pending, begun) in waiting {
            started.push(self.settle(plan, pending, begun).await?);
        }
        Ok(started)
    }

    async fn stop_everything(&mut self) {
        let replicas: Vec<u32> = self.replicas.iter().map(|replica| replica.pid).collect();
        for pid in &replicas {
            self.crew.signal(*pid, Signal::SIGTERM);
        }
        let patience = Duration::from_millis(STOP_MS_MAX);
        for pid in replicas {
            // What does not end now is the guard's.
            let _ = self.crew.stop(pid, Signal::SIGTERM, patience).await;
        }
        for pid in self.crew.alive() {
            // PostgreSQL takes it as: end at once, write nothing down.
            let _ = self
                .crew
                .stop(
                    pid,
                    Signal::SIGQUIT,
                    Duration::from_millis(BACKEND_STOP_MS_MAX),
                )
                .await;
        }
    }
}

/// A replica that was launched.
struct Pending {
    name: ReplicaName,
    pid: u32,
    log: Log,
    command: String,
}

impl Pending {
    fn ended_early(self, plan: &ReplicaPlan, how: &str) -> LabError {
        let log = self.log.introduced();
        if self.log.says_port_taken() {
            return LabError::PortTaken {
                replica: self.name,
                port: plan.port,
                log,
            };
        }
        LabError::EndedEarly {
            replica: self.name,
            how: how.to_string(),
            ran: Box::new(Ran {
                command: self.command,
                folder: plan.folder.clone(),
                log,
            }),
        }
    }

    fn not_ready(self, plan: &ReplicaPlan, why: String, waited: Duration) -> LabError {
        LabError::NotReady {
            replica: self.name,
            seconds: waited.as_secs(),
            cure: ready::cure(&plan.ready, &why),
            why,
            ran: Box::new(Ran {
                command: self.command,
                folder: plan.folder.clone(),
                log: self.log.introduced(),
            }),
        }
    }
}

fn limit_warnings(plan: &ReplicaPlan) -> Vec<String> {
    if plan.limits == model::Limits::default() {
        return Vec::new();
    }
    vec![format!(
        "the limits of {} are not enforced yet; it may use the whole machine",
        plan.name()
    )]
}

impl Lab for LocalLab {
    async fn provide(&mut self, system: &System) -> Result<Vec<Place>, LabError> {
        let site = backends::Site {
            crew: Arc::clone(&self.crew),
            ports: Arc::clone(&self.ports),
            folder: self.folder.clone(),
            data: self.data.clone(),
        };
        backends::provide(&site, system).await
    }

    async fn reserve_port(&mut self) -> Result<u16, LabError> {
        self.ports.reserve()
    }

    async fn start(&mut self, plan: ReplicaPlan) -> Result<Started, LabError> {
        let (pending, begun) = self.launch(&plan).await?;
        self.settle(&plan, pending, begun).await
    }

    async fn start_all(&mut self, plans: Vec<ReplicaPlan>) -> Result<Vec<Started>, LabError> {
        let mut launched = Vec::new();
        let started = self.start_each(&plans, &mut launched).await;
        if started.is_err() {
            // All or none, so the caller may try again.
            for pid in launched {
                self.crew
                    .stop(pid, Signal::SIGTERM, Duration::from_millis(STOP_MS_MAX))
                    .await?;
                self.tell(pid);
            }
        }
        started
    }

    async fn stop(&mut self, replica: &ReplicaName) -> Result<(), LabError> {
        let pid = self.find(replica)?.pid;
        self.tell(pid);
        self.crew
            .stop(pid, Signal::SIGTERM, Duration::from_millis(STOP_MS_MAX))
            .await
    }

    async fn restart(&mut self, replica: &ReplicaName) -> Result<Started, LabError> {
        let plan = self.find(replica)?.plan.clone();
        self.stop(replica).await?;
        self.start(plan).await
    }

    async fn kill(&mut self, replica: &ReplicaName, blow: Blow) -> Result<(), LabError> {
        let pid = self.find(replica)?.pid;
        match blow {
            Blow::Kill => {
                self.tell(pid);
                self.crew.stop(pid, Signal::SIGKILL, Duration::ZERO).await?;
            }
            Blow::Terminate => {
                self.tell(pid);
                self.crew.signal(pid, Signal::SIGTERM);
            }
            Blow::Pause => self.crew.pause(pid).await?,
            Blow::Resume => self.crew.signal(pid, Signal::SIGCONT),
        }
        Ok(())
    }

    fn logs(&self, replica: &ReplicaName) -> Option<String> {
        self.find(replica)
            .ok()
            .map(|replica| replica.log.tail(logs::LOG_LINES_MAX))
    }

    fn died(&mut self) -> Vec<(ReplicaName, String)> {
        let mut died = Vec::new();
        for replica in self.replicas.iter_mut().filter(|replica| !replica.told) {
            if let Some(status) = self.crew.ended(replica.pid) {
                replica.told = true;
                died.push((
                    replica.plan.name(),
                    format!("{}{}", how(status), replica.log.introduced()),
                ));
            }
        }
        died
    }

    async fn close(mut self) -> Result<(), LabError> {
        self.stop_everything().await;
        match self.watch.take() {
            Some(watch) => watch.end().await,
            None => Ok(()),
        }
    }
}

impl Drop for LocalLab {
    fn drop(&mut self) {
        let Some(mut watch) = self.watch.take() else {
            return;
        };
        self.crew.kill_all_now();
        // Dropped in an error: there is nobody to tell, and the guard finishes what this began.
        let _ = watch.end_now();
    }
}
