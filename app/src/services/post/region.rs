//! What a coordinator sees of the region: devices, newcomers, invitations, campaigns, what is odd.
//!
//! Not here: changing it (`office`). Names are what coordinators said; without the passphrase there are none.

use super::{Post, Work};
use crate::services::field::Book;
use std::collections::BTreeMap;
use std::rc::Rc;
use veldpost_domain::{CampaignId, OrganisationId};
use veldpost_envelope::act::{EndReason, InviteForm, Stage};
use veldpost_envelope::blob::SettingsBlob;
use veldpost_envelope::genesis::Role;
use veldpost_envelope::genesis::RosterDevice;
use veldpost_envelope::invitation::{InvitationKeys, six_words};
use veldpost_envelope::roster::Admission;
use veldpost_envelope::secret::Secret;
use veldpost_envelope::statement::{Says, StatementKind, Statements, Subject};
use veldpost_envelope::{DevicePublic, Join, Link, Purpose, Roster};
use veldpost_store::{Shelf, Store};
use veldpost_sync::authority::{Held, Outcome};
use veldpost_sync::{DeviceReport, rows};

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
    /// When it called last, by the relay's clock.
    pub heard: Option<i64>,
    /// Entries of it that are here.
    pub received: u64,
    /// Entries that it still holds, as far as anybody says.
    pub outstanding: u64,
    /// It is this very device.
    pub own: bool,
    /// It was removed.
    pub removed: bool,
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

/// Entries that are set apart or not counted, by why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Odd {
    /// Of devices that are not admitted.
    pub not_admitted: usize,
    /// Of removed devices, beyond what still counts.
    pub removed: usize,
    /// They name an act that nobody here knows.
    pub other_roster: usize,
    /// They wait for what comes before them.
    pub gap: usize,
    /// Two entries stand at one place.
    pub forks: usize,
    /// They do not open.
    pub unreadable: usize,
    /// Their author may not do that.
    pub unauthorised: usize,
    /// They came after the campaign was locked.
    pub late: usize,
    /// A coordinator took them out.
    pub refused: usize,
    /// Only an update can read them.
    pub parked: usize,
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
    /// Organisations of which no device sent anything.
    pub silent: Vec<String>,
}

impl Odd {
    /// All of it together.
    pub fn total(&self) -> usize {
        self.not_admitted
            + self.removed
            + self.other_roster
            + self.gap
            + self.forks
            + self.unreadable
            + self.unauthorised
            + self.late
            + self.refused
            + self.parked
    }
}

/// What coordinators said, by what it is about.
struct Names {
    devices: BTreeMap<DevicePublic, String>,
    invitations: BTreeMap<[u8; 16], (Secret, String)>,
}

impl Post {
    /// Says something as a coordinator, and judges anew what it changes.
    pub(super) async fn say(
        self,
        book: &Rc<Book>,
        says: Vec<Says>,
    ) -> Result<(), veldpost_journal::JournalError> {
        book.say(says).await?;
        let saved = book.take_saved();
        self.happened(super::Happened::Saved(saved));
        self.work(Work::Look);
        Ok(())
    }

    /// The region as it is now; none while it cannot be read.
    pub async fn region(self) -> Option<RegionView> {
        let book = self.inner().book.borrow().clone()?;
        let roster = self.with(|device| device.roster().clone())?;
        let labels = super::labels::labels(&book, &roster).await?;
        let aside = book.store().read_all(Shelf::Aside).await.ok()?;
        let names = self.names()?;
        let reports = self.with(veldpost_sync::Device::devices)?;
        let me = book.device_keys().0.public();
        let devices = devices(&roster, &labels, &names, &reports, me);
        Some(RegionView {
            name: labels.region.clone(),
            ready: roster.is_ready(),
            campaigns: campaigns(&roster, &labels),
            newcomers: newcomers(&roster, &names, &aside),
            invitations: invitations(&roster, &names),
            organisations: labels
                .organisations
                .iter()
                .map(|known| (known.id, known.name.clone()))
                .collect(),
            odd: self.judged(odd).unwrap_or_default(),
            silent: silent(&labels, &devices),
            devices,
        })
    }

    fn names(self) -> Option<Names> {
        self.judged(|evaluation| {
            let statements = Statements::resolve(&evaluation.said);
            let mut names = Names {
                devices: BTreeMap::new(),
                invitations: BTreeMap::new(),
            };
            for held in statements.all() {
                match &held.holds.statement.says {
                    Says::DeviceName { device, name, .. } => {
                        names.devices.insert(*device, name.clone());
                    }
                    Says::LinkSecret {
                        invitation,
                        secret,
                        name,
                    } => {
                        names
                            .invitations
                            .insert(*invitation, (secret.clone(), name.clone()));
                    }
                    Says::Judgement { .. } | Says::Clock { .. } => {}
                }
            }
            names
        })
    }

    /// The link of an invitation that is still open, to show it again.
    pub fn link_of(self, id: [u8; 16]) -> Option<Rc<zeroize::Zeroizing<String>>> {
        let region = self.with(|device| device.roster().region())?;
        let secret = self.judged(|evaluation| {
            let statements = Statements::resolve(&evaluation.said);
            let held = statements.get(StatementKind::LinkSecret, Subject::Invitation(id))?;
            match &held.holds.statement.says {
                Says::LinkSecret { secret, .. } => Some(secret.clone()),
                _ => None,
            }
        })??;
        let link = Link {
            region,
            relay: None,
            invitation: id,
            secret,
        };
        super::office::address(&link).map(Rc::new)
    }
}

fn campaigns(roster: &Roster, labels: &SettingsBlob) -> Vec<CampaignLine> {
    let mut lines: Vec<CampaignLine> = labels
        .campaigns
        .iter()
        .map(|campaign| CampaignLine {
            id: campaign.id,
            name: campaign.name.clone(),
            count_date: campaign.count_date.clone(),
            stage: roster.stage(&campaign.id),
        })
        .collect();
    lines.sort_by(|one, other| other.count_date.cmp(&one.count_date));
    lines
}

fn devices(
    roster: &Roster,
    labels: &SettingsBlob,
    names: &Names,
    reports: &[DeviceReport],
    me: DevicePublic,
) -> Vec<DeviceLine> {
    let organisation = |device: &DevicePublic| {
        let known = roster.device(device)?;
        let invitation = known.invitations.last()?;
        let id = roster.invitation(invitation)?.invite.organisation?;
        let named = labels.organisations.iter().find(|known| known.id == id)?;
        Some(named.name.clone())
    };
    let name = |device: &DevicePublic| {
        let coordinator = labels
            .coordinators
            .iter()
            .find(|known| known.device == *device)
            .map(|known| known.name.clone());
        names.devices.get(device).cloned().or(coordinator)
    };
    let line = |device: DevicePublic, report: Option<&DeviceReport>| {
        let removed = roster
            .device(&device)
            .is_some_and(|it| it.removed_at.is_some());
        DeviceLine {
            device,
            name: name(&device).unwrap_or_default(),
            organisation: organisation(&device),
            roles: roster.roles(&device),
            heard: report.and_then(|report| report.heard).filter(|at| *at > 0),
            received: report.map_or(0, |report| report.received),
            outstanding: report.map_or(0, |report| report.outstanding),
            own: device == me,
            removed,
        }
    };
    let reported = reports
        .iter()
        .filter(|report| roster.device(&report.device).is_some());
    let mut lines: Vec<DeviceLine> = reported
        .map(|report| line(report.device, Some(report)))
        .collect();
    lines.push(line(me, None));
    lines.sort_by_key(|line| (line.removed, line.name.clone()));
    lines
}

fn newcomers(roster: &Roster, names: &Names, aside: &[veldpost_store::Row]) -> Vec<Newcomer> {
    let joins = aside.iter().filter(|(key, _)| key.starts_with(b"join/"));
    let joins: Vec<_> = joins
        .filter_map(|(_, row)| rows::read_join_row(row))
        .filter_map(|(_, at, join)| Some((at, Join::from_bytes(&join).ok()?)))
        .collect();
    joins
        .iter()
        .filter(|(_, join)| roster.device(&join.request().device).is_none())
        .filter_map(|(at, join)| {
            let others = joins.iter().map(|(_, other)| other);
            newcomer(roster, names, *at, join, others)
        })
        .collect()
}

fn newcomer<'a>(
    roster: &Roster,
    names: &Names,
    at: i64,
    join: &'a Join,
    all: impl Iterator<Item = &'a Join>,
) -> Option<Newcomer> {
    let request = join.request();
    let invitation = roster.invitation(&request.invitation)?;
    let single = invitation.invite.form == InviteForm::Single;
    let (secret, called) = names.invitations.get(&request.invitation).cloned().unzip();
    let keys =
        secret.map(|secret| InvitationKeys::derive(&secret, &roster.region(), &request.invitation));
    // What does not verify is no newcomer, whatever the relay says.
    let holds = match &keys {
        Some(keys) => join.verify_with(keys).is_ok(),
        None => join.verify(&roster.region()).is_ok(),
    };
    let stands = roster.height_of(&request.roster_head) == Some(request.roster_height)
        && request.roster_height >= invitation.height;
    if !holds || !stands {
        return None;
    }
    let same = all.filter(|other| other.request().invitation == request.invitation);
    let frozen = single && veldpost_envelope::invitation::is_frozen(same);
    let name = keys.and_then(|keys| Some(join.open_name(&keys).ok()?.to_string()));
    Some(Newcomer {
        device: request.device,
        name,
        invitation: called.unwrap_or_default(),
        at,
        words: single.then(|| six_words(request)),
        admission: Admission {
            device: RosterDevice {
                signing: request.device,
                encryption: request.encryption,
                roles: invitation.invite.roles.clone(),
            },
            invitation: Some(request.invitation),
            join: Some(join.hash().0),
            words: single,
        },
        frozen,
    })
}

fn invitations(roster: &Roster, names: &Names) -> Vec<InvitationLine> {
    let mut lines: Vec<InvitationLine> = roster
        .invitations()
        .map(|known| {
            let named = names.invitations.get(&known.invite.id);
            InvitationLine {
                id: known.invite.id,
                name: named.map(|(_, name)| name.clone()).unwrap_or_default(),
                form: known.invite.form,
                uses: known.invite.uses,
                admitted: known.admitted.len() as u64,
                ends: known.invite.ends,
                ended: known.ended,
                known: named.is_some(),
            }
        })
        .collect();
    lines.sort_by_key(|line| (line.ended.is_some(), core::cmp::Reverse(line.ends)));
    lines
}

fn odd(evaluation: &veldpost_sync::authority::Evaluation) -> Odd {
    let mut odd = Odd {
        forks: evaluation.forks.len(),
        ..Odd::default()
    };
    for outcome in evaluation.outcomes.values() {
        let number = match outcome {
            Outcome::Held(Held::NotAdmitted) => &mut odd.not_admitted,
            Outcome::Held(Held::Removed) => &mut odd.removed,
            Outcome::Held(Held::OtherRoster) => &mut odd.other_roster,
            Outcome::Gap => &mut odd.gap,
            Outcome::Unreadable => &mut odd.unreadable,
            Outcome::Unauthorised => &mut odd.unauthorised,
            Outcome::Late => &mut odd.late,
            Outcome::Refused => &mut odd.refused,
            Outcome::Parked => &mut odd.parked,
            Outcome::Erased | Outcome::Public | Outcome::Stated | Outcome::Applied => continue,
        };
        *number += 1;
    }
    odd
}

/// Organisations of the settings of which no device sent anything.
fn silent(labels: &SettingsBlob, devices: &[DeviceLine]) -> Vec<String> {
    let heard = |name: &String| {
        let of = devices
            .iter()
            .filter(|line| line.organisation.as_ref() == Some(name));
        of.map(|line| line.received).sum::<u64>() > 0
    };
    let names = labels.organisations.iter().map(|known| known.name.clone());
    names.filter(|name| !heard(name)).collect()
}

/// Whether this device coordinates the count.
pub fn coordinates(book: &Book) -> bool {
    book.membership().coordinates(Purpose::Count)
}
