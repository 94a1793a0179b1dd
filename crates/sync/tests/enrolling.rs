//! Joining by an invitation, against the relay's own core.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test a panic is the report"
)]

mod letterbox;
#[path = "enrolling/no_way_in.rs"]
mod no_way_in;
#[path = "enrolling/on_the_way.rs"]
mod on_the_way;
#[path = "enrolling/once.rs"]
mod once;
#[path = "enrolling/way_in.rs"]
mod way_in;

use letterbox::people::{Newcomer, Office, Person, Seeded, Wanted, desk, evening, link, single};
use letterbox::{DAY, Fault, HOUR, Letterbox, NOW, ORIGIN};
use veldpost_envelope::act::{Act, ActHead, EndReason, InviteEnd, create};
use veldpost_envelope::genesis::RegionForm;
use veldpost_envelope::invitation::{LinkProblem, Origin};
use veldpost_envelope::roster::Admission;
use veldpost_envelope::secret::Secret;
use veldpost_envelope::wire::{Call, Code, Incarnation, RosterAnswer, RosterHead};
use veldpost_envelope::{Join, Link, RegionId, Roster};
use veldpost_relay::Founding;
use veldpost_store::Shelf;
use veldpost_sync::enrol::Remedy;
use veldpost_sync::rows::{JOIN, JoinRow};
use veldpost_sync::{Enrol, EnrolProblem, Progress};

fn world() -> (Letterbox, Office) {
    let mut letterbox = Letterbox::new(Founding::Open);
    let office = Office::new(1, &mut letterbox);
    (letterbox, office)
}

fn invited(wanted: &Wanted) -> (Letterbox, Office, Link) {
    let (mut letterbox, mut office) = world();
    let link = office.invite(wanted, &mut letterbox);
    (letterbox, office, link)
}

/// What becomes of a newcomer with this link.
fn problem(link: &Link, letterbox: &mut Letterbox) -> Option<EnrolProblem> {
    let mut newcomer = Newcomer::new(50, link.clone());
    newcomer.read(letterbox);
    newcomer.problem()
}

fn roster_answer(roster: &Roster, acts: &[Vec<u8>]) -> Fault {
    let answer = RosterAnswer {
        head: RosterHead {
            incarnation: Incarnation([1; 16]),
            height: roster.height(),
            head: roster.head(),
        },
        acts: acts.iter().map(Vec::as_slice).collect(),
    };
    Fault::Else(200, "application/cbor", answer.to_bytes())
}
