//! What a coordinator sees of the region, as screens show it.
//!
//! Not here: where it comes from (`region`).

use super::{AlongLine, OddOf, Whose};
use crate::services::post::WrongKeys;
use std::collections::BTreeMap;
use veldpost_domain::{CampaignId, OrganisationId, StreamId};
use veldpost_envelope::DevicePublic;
use veldpost_envelope::act::{EndReason, InviteForm, Stage};
use veldpost_envelope::genesis::Role;
use veldpost_envelope::roster::Admission;
use veldpost_envelope::statement::StreamRange;

/// A device of the region.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceLine {
    /// Which one.
    pub device: DevicePublic,
    /// What it is called.
    pub name: String,
    /// The organisation whose invitation it came by.
    pub organisation: Option<String>,
    /// What it may do.
    pub roles: Vec<Role>,
    /// When it called last, by the relay's clock, or signed something that came here, by its own.
    pub heard: Option<i64>,
    /// Entries of it that are here.
    pub received: u64,
    /// Entries that it still holds, as far as anybody says; of this very device those that it did not hand over.
    pub outstanding: u64,
    /// It is this very device.
    pub own: bool,
    /// It came in with the code on paper.
    pub recovered: bool,
    /// It was removed.
    pub removed: bool,
    /// A coordinator took what came of it out of the tables.
    pub taken_out: bool,
}

/// A device that asks to join.
#[derive(Clone, Debug, PartialEq)]
pub struct Newcomer {
    /// Which one.
    pub device: DevicePublic,
    /// What it calls itself; none when its invitation's secret is not known here.
    pub name: Option<String>,
    /// What coordinators call its invitation.
    pub invitation: String,
    /// When it asked, by the relay's clock.
    pub at: i64,
    /// Six words to compare; none for a group.
    pub words: Option<[&'static str; 6]>,
    /// What admits it.
    pub admission: Admission,
    /// More than one device came by an invitation for one.
    pub frozen: bool,
}

/// An invitation.
#[derive(Clone, Debug, PartialEq)]
pub struct InvitationLine {
    /// Its id.
    pub id: [u8; 16],
    /// What coordinators call it.
    pub name: String,
    /// Whom it is for.
    pub form: InviteForm,
    /// How many may come by it, and how many were admitted.
    pub uses: u64,
    /// Admitted devices.
    pub admitted: u64,
    /// Until when.
    pub ends: i64,
    /// Why it ended, if it did.
    pub ended: Option<EndReason>,
    /// Whether its link can be shown here.
    pub known: bool,
    /// A coordinator took what came by it out of the tables.
    pub taken_out: bool,
}

/// A campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignLine {
    /// Its id.
    pub id: CampaignId,
    /// What it is called.
    pub name: String,
    /// The night.
    pub count_date: String,
    /// How far it is; none before its first act.
    pub stage: Option<Stage>,
}

/// What is set apart, not counted, or otherwise to be looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Odd {
    /// Entries, by why and of whom.
    pub whose: Whose,
    /// Devices of which two entries stand at one place in more than one stream.
    pub forks_again: usize,
    /// They were counted alone and taken along, and nobody said what they count for.
    pub along: usize,
    /// Streams of which another coordinator had more.
    pub behind: usize,
    /// Devices whose clock is off.
    pub clocks: usize,
    /// Keys that are not what they should be.
    pub keys: WrongKeys,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RegionView {
    /// What the region is called.
    pub name: String,
    /// Two coordinators at least.
    pub ready: bool,
    /// Campaigns, the newest night first.
    pub campaigns: Vec<CampaignLine>,
    /// Devices, members first.
    pub devices: Vec<DeviceLine>,
    /// Devices that ask.
    pub newcomers: Vec<Newcomer>,
    /// Invitations, open ones first.
    pub invitations: Vec<InvitationLine>,
    /// Organisations by id.
    pub organisations: Vec<(OrganisationId, String)>,
    /// What is odd.
    pub odd: Odd,
    /// The same by stream, where a person may decide that it counts.
    pub to_judge: Vec<ToJudge>,
    /// What a person let count of it, by device.
    pub let_count: Vec<LetCount>,
    /// Devices whose records were not made when they say.
    pub clocks: Vec<ClockLine>,
    /// Devices of which a coordinator put times right.
    pub put_right: Vec<PutRight>,
    /// What was counted alone and taken along, by device and campaign.
    pub along: Vec<AlongLine>,
    /// Of each campaign the organisations of which nothing came for it.
    pub silent: BTreeMap<CampaignId, Vec<String>>,
}

/// A device whose clock is off.
#[derive(Clone, Debug, PartialEq)]
pub struct ClockLine {
    /// What it is called.
    pub name: String,
    /// It was ahead; otherwise it was behind.
    pub ahead: bool,
    /// How far at least.
    pub span: Span,
    /// Its streams.
    pub streams: Vec<StreamId>,
}

/// How long something is: whole days, hours or tens of minutes, so that a line stays the same while a clock goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Days, two at least.
    Days(u64),
    /// Hours, two at least.
    Hours(u64),
    /// Minutes.
    Minutes(u64),
}

impl Span {
    /// Of so many milliseconds, before or after.
    pub fn of(millis: i64) -> Self {
        const TEN_MINUTES: u64 = 600_000;
        const HOUR: u64 = 6 * TEN_MINUTES;
        const DAY: u64 = 24 * HOUR;
        let millis = millis.unsigned_abs();
        if millis >= 2 * DAY {
            Self::Days(millis / DAY)
        } else if millis >= 2 * HOUR {
            Self::Hours(millis / HOUR)
        } else {
            Self::Minutes(millis / TEN_MINUTES * 10)
        }
    }
}

/// A device of which a coordinator put times right.
#[derive(Clone, Debug, PartialEq)]
pub struct PutRight {
    /// What it is called.
    pub name: String,
    /// They were put forward; otherwise back.
    pub forward: bool,
    /// By how much.
    pub span: Span,
    /// In these entries.
    pub ranges: Vec<StreamRange>,
}

/// Entries of one stream that a person may let count.
#[derive(Clone, Debug, PartialEq)]
pub struct ToJudge {
    /// Whose they are.
    pub name: String,
    /// The device, where it is known.
    pub device: Option<DevicePublic>,
    /// What makes it wait for a person.
    pub why: Waiting,
    /// The stream.
    pub stream: StreamId,
    /// The first of them.
    pub first: u64,
    /// The last of them.
    pub last: u64,
    /// How many.
    pub number: usize,
}

/// What makes entries wait for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Waiting {
    /// They came after the campaign was locked.
    Late,
    /// Their device is not in the region, or not any more.
    Device,
    /// They were made on a roster of which this one has no such act.
    Roster,
}

/// Late or held entries of one device that a person let count.
#[derive(Clone, Debug, PartialEq)]
pub struct LetCount {
    /// Whose they are.
    pub name: String,
    /// The device, where it is known.
    pub device: Option<DevicePublic>,
    /// What was said to count: each is taken back by itself.
    pub ranges: Vec<StreamRange>,
    /// How many count that lie in one of them.
    pub number: usize,
}

impl Odd {
    /// How many entries, by why.
    pub fn number(&self, of: OddOf) -> usize {
        let lines = self.whose.get(&of).into_iter().flatten();
        lines.map(|(_, number)| number).sum()
    }

    /// All of it together.
    pub fn total(&self) -> usize {
        let entries: usize = self.whose.keys().map(|of| self.number(*of)).sum();
        entries + self.along + self.behind + self.clocks + self.keys.now + self.keys.before
    }
}
