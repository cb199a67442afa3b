//! What every run has in common: an id, a seed, evidence, progress, Ctrl-C, and at the end a
//! report and a document.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use hunt::{Context, HuntError, Interrupt, Stage};
use lab::{LabOptions, LocalLab};
use model::{EventKind, EventSink, System};
use serde_json::{Map, Value, json};
use show::{ColorChoice, DocumentTarget, Progress};
use store::Evidence;

use crate::arguments::{Color, Common};
use crate::clock;
use crate::exit::{Exit, Failure};
use crate::out::put;
use crate::sink::{self, Drain, Drained, Listener, Stream};

/// A run that goes on.
pub struct Run<'a> {
    common: &'a Common,
    command: &'static str,
    id: String,
    seed: u64,
    spec: Option<String>,
    started: String,
    began: Instant,
    stream: Arc<Stream>,
    drain: Drain,
    runtime: tokio::runtime::Runtime,
    interrupt: Interrupt,
    target: Option<DocumentTarget>,
}

/// What came of a run.
pub struct Outcome {
    /// The verdict, as printed.
    pub verdict: String,
    /// The command's own part of the document.
    pub document: Map<String, Value>,
    /// How heisen ends.
    pub exit: Exit,
}

/// A run that has ended.
pub struct Ended {
    /// Its document.
    pub document: Value,
    /// How heisen would end after it alone.
    pub exit: Result<Exit, Failure>,
    drained: Drained,
}

impl<'a> Run<'a> {
    /// Begins a run of a system, or of anything else by its name.
    pub fn begin(
        common: &'a Common,
        command: &'static str,
        system: &str,
        spec: Option<(&System, PathBuf)>,
    ) -> Result<Run<'a>, Failure> {
        Run::begin_heard(common, command, system, spec, Vec::new())
    }

    /// Begins a run whose events others hear too.
    pub fn begin_heard(
        common: &'a Common,
        command: &'static str,
        system: &str,
        spec: Option<(&System, PathBuf)>,
        listeners: Vec<Box<dyn Listener>>,
    ) -> Result<Run<'a>, Failure> {
        lab::allow_many_files();
        let target = document_target(common)?;
        let at_ms = clock::now_ms();
        let started = clock::rfc3339(at_ms);
        let seed = common.seed.unwrap_or_else(clock::seed);
        let id = run_id(&started, command);
        let evidence = Evidence::create(&common.out, &id).map_err(|error| error.to_string());
        let progress = Progress::for_stderr(common.quiet, color(common.color));
        let (stream, drain) = sink::open(evidence, progress, listeners);
        let path = spec.as_ref().map(|(_, path)| path.display().to_string());
        stream.emit(EventKind::RunStarted {
            run: id.clone(),
            command: command.to_string(),
            version: env!("CARGO_PKG_VERSION").to_string(),
            system: system.to_string(),
            variant: spec.as_ref().and_then(|(system, _)| system.variant.clone()),
            spec: spec
                .as_ref()
                .map(|(system, path)| (path.display().to_string(), system.digest.clone())),
            seed,
            started: started.clone(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Failure::setup)?;
        Ok(Run {
            common,
            command,
            id,
            seed,
            spec: path,
            started,
            began: Instant::now(),
            stream: Arc::new(stream),
            drain,
            runtime,
            interrupt: Interrupt::default(),
            target,
        })
    }

    /// What phases are handed.
    pub fn context(&self) -> Context {
        Context {
            sink: self.stream.clone(),
            seed: self.seed,
            interrupt: self.interrupt.clone(),
            deadline: self.common.budget.map(|budget| self.began + budget),
            now_ms: clock::now_ms,
        }
    }

    /// The command that does the same again: the very words, and the seed.
    pub fn again(&self) -> Value {
        let mut words = vec!["heisen".to_string()];
        words.extend(std::env::args().skip(1));
        if self.common.seed.is_none() {
            words.extend(["--seed".to_string(), self.seed.to_string()]);
        }
        json!(words)
    }

    /// Where recordings of wires go.
    pub fn stream(&self) -> Arc<Stream> {
        Arc::clone(&self.stream)
    }

    /// Lets something go on beside everything else. It ends with the run.
    pub fn beside(&self, work: impl Future<Output = ()> + Send + 'static) {
        drop(self.runtime.spawn(work));
    }

    /// Runs `work` on an open stage, and closes the stage whatever came of it.
    pub fn on_stage<T>(
        &self,
        system: System,
        work: impl AsyncFnOnce(&mut Stage<LocalLab>, &Context) -> Result<T, HuntError>,
    ) -> Result<T, Failure> {
        self.on_stages(system, 1, async |stages, context| {
            work(&mut stages[0], context).await
        })
    }

    /// Runs `work` on several open stages, each a world of its own: its own backends, replicas and
    /// wires. Closes them all whatever came of it.
    pub fn on_stages<T>(
        &self,
        system: System,
        worlds: u16,
        work: impl AsyncFnOnce(&mut [Stage<LocalLab>], &Context) -> Result<T, HuntError>,
    ) -> Result<T, Failure> {
        let guard = std::env::current_exe().map_err(Failure::setup)?;
        let context = self.context();
        self.runtime.block_on(async {
            let interrupts = watch_signals(self.interrupt.clone());
            let work = async {
                let mut stages = Vec::new();
                let mut result = Ok(());
                for world in 0..worlds {
                    let run = match world {
                        0 => self.id.clone(),
                        _ => format!("{}-world-{}", self.id, world + 1),
                    };
                    let options = LabOptions {
                        run,
                        guard: guard.clone(),
                    };
                    match open(options, &system, world, &context).await {
                        Ok(stage) => stages.push(stage),
                        Err(error) => result = Err(error),
                    }
                }
                let result = match result {
                    Ok(()) => tokio::select! {
                        result = work(&mut stages, &context) => result,
                        () = stuck(&context) => Err(HuntError::Interrupted),
                    },
                    Err(error) => Err(error),
                };
                let mut closed = Ok(());
                for stage in stages {
                    closed = closed.and(stage.close().await);
                }
                let result = result?;
                closed?;
                Ok::<T, HuntError>(result)
            };
            tokio::select! {
                result = work => result.map_err(Failure::from),
                () = interrupts => Err(Failure { exit: Exit::Interrupted, message: "interrupted".to_string() }),
            }
        })
    }

    /// Runs `work` without a stage.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.runtime.block_on(async {
            tokio::select! {
                result = work => Some(result),
                () = watch_signals(self.interrupt.clone()) => None,
            }
        })
    }

    /// Runs `work`, which only computes, on a thread of its own, so that Ctrl-C is heard meanwhile.
    pub fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let (done, result) = tokio::sync::oneshot::channel();
        let thread = std::thread::Builder::new().spawn(move || done.send(work()).ok());
        thread.map_err(Failure::setup)?;
        let interrupted = || Failure {
            exit: Exit::Interrupted,
            message: "interrupted".to_string(),
        };
        self.runtime.block_on(async {
            let stopped = async {
                tokio::select! {
                    () = watch_signals(self.interrupt.clone()) => {}
                    () = self.interrupt.wait() => {}
                }
            };
            tokio::select! {
                // Without a result the thread has panicked, which says so itself.
                result = result => result.map_err(Failure::setup),
                () = stopped => Err(interrupted()),
            }
        })
    }

    /// Ends the run: evidence, report on stdout, document.
    pub fn end(mut self, result: Result<Outcome, Failure>) -> Result<Exit, Failure> {
        let common = self.common;
        let target = self.target.take();
        let ended = self.finish(result);
        let stdout_is_taken = target.as_ref().is_some_and(DocumentTarget::is_stdout);
        if let Some(target) = target {
            target.write(&ended.document).map_err(Failure::usage)?;
        }
        let exit = ended.exit?;
        if !stdout_is_taken {
            put!("{}", crate::commands::report::text(&ended.drained, common)?);
        }
        Ok(exit)
    }

    /// Ends the run without a word: the evidence is closed, and what is to be told returned.
    pub fn finish(self, result: Result<Outcome, Failure>) -> Ended {
        let Run {
            command,
            seed,
            spec,
            started,
            began,
            stream,
            drain,
            runtime,
            id,
            ..
        } = self;
        let wall_ms = began.elapsed().as_millis() as u64;
        drop(runtime);
        let (outcome, failure) = match result {
            Ok(outcome) => (outcome, None),
            Err(failure) => {
                let verdict = if failure.exit == Exit::Interrupted {
                    "INTERRUPTED"
                } else {
                    "SETUP FAILED"
                };
                let mut document = Map::new();
                document.insert("error".to_string(), json!(failure.message));
                (
                    Outcome {
                        verdict: verdict.to_string(),
                        document,
                        exit: failure.exit,
                    },
                    Some(failure),
                )
            }
        };
        let head = show::DocumentHead {
            command: command.to_string(),
            version: env!("CARGO_PKG_VERSION").to_string(),
            seed,
            spec,
            started,
            wall_ms,
            verdict: outcome.verdict.clone(),
            run: id,
        };
        let document = show::document(&head, outcome.document);
        stream.emit(EventKind::RunEnded {
            verdict: outcome.verdict,
            document: document.clone(),
            wall_ms,
        });
        drop(stream);
        let drained = drain.finish();
        if let Some(trouble) = &drained.trouble {
            eprintln!("warning: the evidence of this run is not whole: {trouble}");
        }
        for trouble in &drained.unheard {
            eprintln!("warning: {trouble}");
        }
        Ended {
            document,
            exit: failure.map_or(Ok(outcome.exit), Err),
            drained,
        }
    }
}

/// Opens the stage of a world.
async fn open(
    options: LabOptions,
    system: &System,
    world: u16,
    context: &Context,
) -> Result<Stage<LocalLab>, HuntError> {
    let lab = LocalLab::open(options).await.map_err(HuntError::from)?;
    tokio::select! {
        stage = Stage::open(lab, system.clone(), world, context.clone()) => stage,
        () = context.interrupt.wait() => Err(HuntError::Interrupted),
    }
}

/// How long an interrupted phase may take to end by itself before it is dropped where it stands.
const INTERRUPTED_MAX: std::time::Duration = std::time::Duration::from_secs(10);

async fn stuck(context: &Context) {
    context.interrupt.wait().await;
    tokio::time::sleep(INTERRUPTED_MAX).await;
}

/// Once asks nicely; the second time gives up on nicety: the guard cleans up then.
async fn watch_signals(interrupt: Interrupt) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut hangup)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    ) else {
        return std::future::pending().await;
    };
    for time in 0..2 {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        if time == 0 {
            eprintln!("\nending: once more to stop at once");
            interrupt.set();
        }
    }
}

/// Where `--json` wants the document; opened first, so that a bad path fails before a long run.
pub fn document_target(common: &Common) -> Result<Option<DocumentTarget>, Failure> {
    common
        .json
        .as_deref()
        .map(DocumentTarget::open)
        .transpose()
        .map_err(Failure::usage)
}

fn run_id(started: &str, command: &str) -> String {
    let digits: String = started.chars().filter(char::is_ascii_digit).collect();
    let (date, time) = digits.split_at(8.min(digits.len()));
    format!("{date}-{time}-{command}-{:x}", std::process::id())
}

/// The choice as `show` has it.
pub fn color(color: Color) -> ColorChoice {
    match color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    }
}
