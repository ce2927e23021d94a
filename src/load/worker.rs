//! A worker thread: its own runtime, timer, connections and share of the schedule.

use std::io;
use std::iter::Peekable;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc as blocking;
use std::thread;

use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::clock::Mono;
use super::desk::Desk;
use super::error::LoadError;
use super::line::Line;
use super::link::Socket;
use super::meter::Meter;
use super::pacer::Pacer;
use super::schedule::{Event, Share};
use super::seat::serve_host;
use super::slices::Outlet;
use super::tally::ClosedTally;
use super::target::{Protocol, Targets};
use super::trunk::{CALLS_AT_ONCE, Trunk};

/// The shortest time between two wakes of a dispatcher: it bounds what pacing costs at high rates (4,000 wakes a
/// second), and the lag it adds is a fraction of a millisecond. At lower rates each request is dispatched at its time.
const GRID_NS: u64 = 250_000;
/// A drain lasts this much longer than the time-out, because timers are coarse: the last requests then time out by
/// themselves instead of being cut off.
const DRAIN_GRACE_NS: u64 = 100_000_000;
/// How many tasks run between two looks at the timer and the sockets. Tokio's default of 61 lets a burst of answers
/// delay the dispatch of the next requests by a multiple of the grid.
const TASKS_BETWEEN_POLLS: u32 = 16;

/// What a worker is and has.
#[derive(Clone, Debug)]
pub(super) struct Equipment {
    pub(super) index: u16,
    pub(super) targets: Arc<Targets>,
    /// Connections by host.
    pub(super) connections: Vec<u32>,
    /// Requests that may wait.
    pub(super) capacity: usize,
    pub(super) timeout_ns: u64,
    pub(super) meter: Arc<Meter>,
}

/// A phase for one worker.
pub(super) struct Order {
    pub(super) share: Share,
    pub(super) start: Mono,
    /// The end of the schedule.
    pub(super) end: Mono,
    pub(super) settled: Outlet,
    /// Dropping its other side gives the phase up.
    pub(super) done: oneshot::Sender<io::Result<ClosedTally>>,
}

/// Starts a worker thread; it ends when the sender of its orders is dropped.
pub(super) fn start_worker(equipment: Equipment) -> Result<mpsc::UnboundedSender<Order>, LoadError> {
    let worker = equipment.index;
    let failed = |source| LoadError::StartWorker { worker, source };
    let (orders, inbox) = mpsc::unbounded_channel();
    let (report, ready) = blocking::sync_channel(1);
    thread::Builder::new()
        .name(format!("load-{worker}"))
        .spawn(move || {
            // A LocalRuntime must be built on the thread that drives it, so this thread says whether that worked.
            match prepare() {
                Ok((runtime, pacer)) => {
                    let _ = report.send(Ok(()));
                    runtime.block_on(work(equipment, pacer, inbox));
                }
                Err(error) => drop(report.send(Err(error))),
            }
        })
        .map_err(failed)?;
    let prepared = ready.recv().unwrap_or_else(|_| Err(io::Error::other("the thread ended at once")));
    prepared.map_err(failed)?;
    Ok(orders)
}

fn prepare() -> io::Result<(LocalRuntime, Pacer)> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .event_interval(TASKS_BETWEEN_POLLS)
        .build_local(LocalOptions::default())?;
    let entered = runtime.enter();
    let pacer = Pacer::new()?;
    drop(entered);
    Ok((runtime, pacer))
}

/// Connections last from phase to phase: the warm-up warms those of the measured stages.
async fn work(equipment: Equipment, pacer: Pacer, mut inbox: mpsc::UnboundedReceiver<Order>) {
    let Equipment { targets, timeout_ns, capacity, meter, connections, .. } = equipment;
    let desk = Rc::new(Desk::new(targets, capacity, meter));
    let mut crew = hire(&desk, &connections);
    while let Some(mut order) = inbox.recv().await {
        desk.begin(order.start, order.settled.clone());
        let mut events = order.share.peekable();
        let drain_end = order.end.plus_ns(timeout_ns + DRAIN_GRACE_NS);
        let paced = tokio::select! {
            biased;
            () = order.done.closed() => None,
            paced = run_phase(&desk, &pacer, &mut events, order.start, order.end, drain_end) => Some(paced),
        };
        let unsettled = desk.open() > 0;
        // The rest of a phase that was given up was never asked for.
        let unsent = if paced.is_some() { usize::MAX } else { 0 };
        let closed = desk.end(events.take(unsent));
        if unsettled {
            crew.shutdown().await;
            desk.clear_lanes();
            crew = hire(&desk, &connections);
        }
        if let (Some(paced), Some(closed)) = (paced, closed) {
            // The receiver may give up at any time.
            let _ = order.done.send(paced.map(|()| closed));
        }
    }
}

fn hire(desk: &Rc<Desk>, connections: &[u32]) -> JoinSet<()> {
    let mut crew = JoinSet::new();
    for (host, count) in connections.iter().enumerate() {
        let lines: Vec<Line> = match desk.targets.hosts[host].protocol {
            Protocol::Http1 => (0..*count).map(|_| Line::Own(Socket::default())).collect(),
            Protocol::Grpc => {
                let trunks: Vec<_> = (0..*count).map(|_| Rc::new(Trunk::default())).collect();
                // In turn, so that the load goes over all connections before it doubles up on one.
                let all = trunks.len() * CALLS_AT_ONCE;
                trunks.iter().cycle().take(all).map(|trunk| Line::Shared(Rc::clone(trunk))).collect()
            }
        };
        for line in lines {
            crew.spawn_local(serve_host(Rc::clone(desk), host, line));
        }
    }
    crew
}

async fn run_phase(
    desk: &Desk,
    pacer: &Pacer,
    events: &mut Peekable<Share>,
    start: Mono,
    end: Mono,
    drain_end: Mono,
) -> io::Result<()> {
    hold_pace(desk, pacer, events, start, drain_end).await?;
    pacer.wait_until(end).await?;
    drain(desk, pacer, drain_end).await
}

/// Dispatches each event when it is due, and all that are due at once.
async fn hold_pace(
    desk: &Desk,
    pacer: &Pacer,
    events: &mut Peekable<Share>,
    start: Mono,
    drain_end: Mono,
) -> io::Result<()> {
    let mut not_before = start;
    while let Some(next) = events.peek() {
        let due = start.plus_ns(next.offset_ns);
        // In the other's slices none is due, and those that wait time out nevertheless.
        let wake = desk.next_expiry().map_or(due, |expiry| expiry.min(due));
        pacer.wait_until(wake.max(not_before)).await?;
        let now = Mono::now();
        if now >= drain_end {
            break;
        }
        desk.expire(now);
        let is_due = |event: &Event| start.plus_ns(event.offset_ns) <= now;
        while let Some(event) = events.next_if(is_due) {
            desk.dispatch(event);
        }
        not_before = now.plus_ns(GRID_NS);
    }
    Ok(())
}

/// Waits for the requests under way, at most until `drain_end`.
async fn drain(desk: &Desk, pacer: &Pacer, drain_end: Mono) -> io::Result<()> {
    loop {
        let now = Mono::now();
        desk.expire(now);
        if desk.open() == 0 || now >= drain_end {
            return Ok(());
        }
        let next = desk.next_expiry().unwrap_or(drain_end).min(drain_end);
        tokio::select! {
            () = desk.all_ended() => {}
            woken = pacer.wait_until(next) => woken?,
        }
    }
}
