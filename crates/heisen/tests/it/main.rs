//! The one integration binary: the real heisen on the real targets, with real stores.

mod bursts;
mod clients;
mod exits;
mod isolate;
mod kills;
mod load;
mod loads;
mod logs;
mod outputs;
mod predict;
mod protocols;
mod rig;
mod runs;
mod targets;
