//! Runs the table: the cases written by hand, and those generated from them.
mod vary;

pub use vary::HANDLES;

use crate::cases::{self, Case, world};
use crate::compare::{Marks, Pair, Taken};
use crate::differences::Listed;
use crate::report::Report;
use crate::step::{Event, Step, cmd};
use std::io;
use tpm2_wire::{GetCapability, PcrRead, Rc};

/// What is asked after a success, so that what it did to the state is compared too.
fn probes() -> Vec<Step> {
    let get = |capability: u32, property: u32| cmd::<GetCapability>().p(capability).p(property).p(64u32);
    let handles = [0x0100_0000u32, 0x0200_0000, 0x0300_0000, 0x8000_0000, 0x8100_0000];
    let mut all: Vec<Step> = handles.iter().map(|first| get(1, *first)).collect();
    // The permanent and start-up flags, what is loaded and available, and the lockout counter.
    all.push(cmd::<GetCapability>().p(6u32).p(0x200u32).p(2u32));
    all.push(cmd::<GetCapability>().p(6u32).p(0x20Eu32).p(4u32));
    all.push(cmd::<PcrRead>().p([0, 0, 0, 1, 0, 0x0B, 3, 0xFF, 0, 0]));
    all.push(cmd::<PcrRead>().p([0, 0, 0, 1, 0, 0x0B, 3, 0, 0, 0xFF]));
    all
}

/// Both TPMs, in the world, and what was found.
struct Bench<'a> {
    pair: Pair,
    world: Marks,
    /// Both may have left the world.
    away: bool,
    /// Refusals need not have the same code.
    guess: bool,
    listed: &'a mut Listed,
    report: Report,
}

/// Runs every `of`-th case from `first` on whose name contains `filter`.
pub fn run(filter: &str, first: usize, of: usize, listed: &mut Listed) -> io::Result<Report> {
    let mut report = Report::default();
    let mut pair = Pair::new()?;
    for event in world::events() {
        let taken = pair.take(&event)?;
        let fine =
            taken.as_ref().is_some_and(|taken| taken.ours.rc == Rc::SUCCESS && taken.difference.is_none());
        if !fine {
            report.unexplained("the world", &event, taken.and_then(|taken| taken.difference));
        }
    }
    let world = pair.mark()?;
    let mut bench = Bench { pair, world, away: false, guess: false, listed, report };
    let states = world::states();
    let chosen = cases::all().into_iter().chain(vary::codes()).filter(|case| case.id.contains(filter));
    for case in chosen.skip(first).step_by(of) {
        bench.case(&case, &states)?;
    }
    Ok(bench.report)
}

impl Bench<'_> {
    fn case(&mut self, case: &Case, states: &[(&str, Vec<Event>)]) -> io::Result<()> {
        if !self.begin(case)? {
            return Ok(());
        }
        let start = if case.setup.is_empty() || !case.varied { None } else { Some(self.pair.mark()?) };
        let done = self.take(&case.id, &case.step)?;
        if done.is_some_and(|taken| taken.agree() && taken.ours.rc == Rc::SUCCESS) {
            for probe in probes() {
                self.take(&format!("{}, afterwards", case.id), &probe.into())?;
            }
        }
        let Event::Run(step) = &case.step else { return Ok(()) };
        if !case.varied {
            return Ok(());
        }
        self.back(start.as_ref())?;
        let params = (self.pair.ours.params(step), self.pair.swtpm.params(step));
        let (Some(ours), Some(swtpm)) = params else { return Ok(()) };
        for (what, varied) in vary::all(step, &ours, &swtpm) {
            self.guess = vary::guesses(&varied, &ours, &swtpm);
            let taken = self.take(&format!("{} / {what}", case.id), &varied.into())?;
            self.guess = false;
            if taken.is_some_and(|taken| taken.may_have_changed()) {
                self.back(start.as_ref())?;
            }
        }
        for (state, events) in states {
            self.back(start.as_ref())?;
            self.away = true;
            for event in events {
                self.pair.take(event)?;
            }
            self.take(&format!("{} / {state}", case.id), &case.step)?;
        }
        Ok(())
    }
    /// To the beginning of a case; false when there is no way.
    fn begin(&mut self, case: &Case) -> io::Result<bool> {
        self.back(None)?;
        for event in &case.setup {
            self.away = true;
            let taken = self.pair.take(event)?;
            self.judge(&format!("{}, before", case.id), event, taken.as_ref());
            if taken.is_some_and(|taken| !taken.agree()) {
                return Ok(false);
            }
        }
        Ok(true)
    }
    /// Back to a mark, or to the world.
    fn back(&mut self, mark: Option<&Marks>) -> io::Result<()> {
        match mark {
            Some(mark) => self.pair.back_to(mark),
            None if self.away => {
                self.away = false;
                self.pair.back_to(&self.world)
            }
            None => Ok(()),
        }
    }
    fn take(&mut self, case: &str, event: &Event) -> io::Result<Option<Taken>> {
        let taken = self.pair.take(event)?;
        self.away |= taken.as_ref().is_some_and(Taken::may_have_changed);
        self.judge(case, event, taken.as_ref());
        Ok(taken)
    }
    fn judge(&mut self, case: &str, event: &Event, taken: Option<&Taken>) {
        self.report.cases += 1;
        let Some(taken) = taken else {
            self.report.skipped += 1;
            return;
        };
        let Some(difference) = &taken.difference else { return };
        if self.guess && taken.agree() && taken.ours.rc != Rc::SUCCESS {
            self.report.guesses += 1;
            return;
        }
        let command = if let Event::Run(step) = event { step.name() } else { String::new() };
        if self.listed.expects(&command, case, difference) {
            self.report.listed += 1;
        } else {
            self.report.unexplained(case, event, Some(difference.clone()));
        }
    }
}
