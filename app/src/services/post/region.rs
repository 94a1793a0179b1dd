//! What a coordinator sees of the region: devices, newcomers, invitations, campaigns, what is odd.
//!
//! Not here: changing it (`office`). Names are what coordinators said; without the passphrase there are none.

mod along;
mod clocks;
mod judging;
mod lines;
mod whose;

pub use along::{AlongLine, takes_in};
pub use lines::{
    CampaignLine, ClockLine, DeviceLine, InvitationLine, LetCount, Newcomer, Odd, PutRight,
    RegionView, Span, ToJudge, Waiting,
};
pub use whose::{OddOf, Whose};

use super::{Post, Work};
use crate::browser::clock;
use crate::services::field::Book;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use veldpost_domain::CampaignId;
use veldpost_envelope::act::InviteForm;
use veldpost_envelope::blob::SettingsBlob;
use veldpost_envelope::genesis::RosterDevice;
use veldpost_envelope::invitation::{InvitationKeys, six_words};
use veldpost_envelope::roster::Admission;
use veldpost_envelope::secret::Secret;
use veldpost_envelope::statement::{Says, StatementKind, Statements, Subject, Verdict};
use veldpost_envelope::{DevicePublic, Join, Link, Purpose, Roster};
use veldpost_store::{Shelf, Store};
use veldpost_sync::{DeviceReport, rows};

/// What coordinators said, by what it is about.
struct Names {
    devices: BTreeMap<DevicePublic, String>,
    invitations: BTreeMap<[u8; 16], (Secret, String)>,
    /// Invitations of which nothing counts.
    taken_out: BTreeSet<[u8; 16]>,
    /// Devices of which nothing counts.
    devices_out: BTreeSet<DevicePublic>,
}

impl Post {
    /// Says something as a coordinator, and judges anew what it changes.
    pub(super) async fn say(
        self,
        book: &Rc<Book>,
        says: Vec<Says>,
    ) -> Result<(), veldpost_journal::JournalError> {
        book.say(says).await?;
        self.said(book);
        Ok(())
    }

    /// Something was said: it goes out, and what it changes is judged anew.
    fn said(self, book: &Rc<Book>) {
        let saved = book.take_saved();
        self.happened(super::Happened::Saved(saved));
        self.work(Work::Look);
    }

    /// The region as it is now; none while it cannot be read.
    pub async fn region(self) -> Option<RegionView> {
        let book = self.inner().book.borrow().clone()?;
        let roster = self.with(|device| device.roster().clone())?;
        let labels = super::labels::labels(&book, &roster).await?;
        let aside = book.store().read_all(Shelf::Aside).await.ok()?;
        let mut names = self.names()?;
        // What coordinators call themselves goes before what who admitted them said.
        let called = labels.coordinators.iter();
        let called = called.filter(|known| !known.name.is_empty());
        names
            .devices
            .extend(called.map(|known| (known.device, known.name.clone())));
        let reports = self.with(veldpost_sync::Device::devices)?;
        let me = book.device_keys().0.public();
        let mut devices = devices(&roster, &labels, &names, &reports, me);
        let kept = self.with(|device| device.summary().kept as u64)?;
        let own = devices.iter_mut().filter(|line| line.own);
        own.for_each(|line| line.outstanding = kept);
        let campaigns = campaigns(&roster, &labels);
        let along = self.along(&book, &devices, &campaigns);
        let out = along.iter().filter(|line| line.counts_for.is_none());
        let behind = self.with(|device| device.behind_others(Purpose::Count));
        let clocks = self.clocks(&names);
        let odd = Odd {
            clocks: clocks.len(),
            along: out.map(|line| line.number).sum(),
            behind: behind.map_or(0, |streams| streams.len()),
            keys: self.wrong_keys(&roster),
            forks_again: self.forks_again(),
            whose: self.whose(&names),
        };
        let newcomers = newcomers(&roster, &names, &aside);
        let mut to_judge = self.to_judge(&names);
        // Of a device that asks to be let in everything counts once it is: that is the question.
        to_judge.retain(|it| {
            it.why != Waiting::Device || newcomers.iter().all(|asks| Some(asks.device) != it.device)
        });
        Some(RegionView {
            name: labels.region.clone(),
            ready: roster.is_ready(),
            campaigns,
            newcomers,
            invitations: invitations(&roster, &names),
            organisations: labels
                .organisations
                .iter()
                .map(|known| (known.id, known.name.clone()))
                .collect(),
            odd,
            to_judge,
            let_count: self.let_count(&names),
            clocks,
            put_right: self.put_right(&names),
            along,
            silent: silent(&labels, &book),
            devices,
        })
    }

    fn names(self) -> Option<Names> {
        self.judged(|evaluation| {
            let statements = Statements::resolve(&evaluation.said);
            let mut names = Names {
                devices: BTreeMap::new(),
                invitations: BTreeMap::new(),
                taken_out: BTreeSet::new(),
                devices_out: BTreeSet::new(),
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
                    Says::Judgement {
                        subject: Subject::Invitation(id),
                        verdict: Verdict::Refuse,
                        ..
                    } => {
                        names.taken_out.insert(*id);
                    }
                    Says::Judgement {
                        subject: Subject::Device(device),
                        verdict: Verdict::Refuse,
                        ..
                    } => {
                        names.devices_out.insert(*device);
                    }
                    Says::Judgement { .. } | Says::Clock { .. } | Says::CountsFor { .. } => {}
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
    let name = |device: &DevicePublic| names.devices.get(device).cloned();
    let line = |device: DevicePublic, report: Option<&DeviceReport>| {
        let removed = roster
            .device(&device)
            .is_some_and(|it| it.removed_at.is_some());
        DeviceLine {
            device,
            name: name(&device).unwrap_or_default(),
            organisation: organisation(&device),
            roles: roster.roles(&device),
            heard: report.and_then(heard),
            received: report.map_or(0, |report| report.received),
            outstanding: report.map_or(0, |report| report.outstanding),
            own: device == me,
            recovered: roster
                .device(&device)
                .is_some_and(|it| it.added_at > 0 && it.invitations.is_empty()),
            removed,
            taken_out: names.devices_out.contains(&device),
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

/// When a device was heard last. Who only reads is known by what it signed; its clock may be wrong, so nothing of later
/// than now.
fn heard(report: &DeviceReport) -> Option<i64> {
    let signed = report.signed.filter(|at| *at <= clock::now());
    report.heard.max(signed).filter(|at| *at > 0)
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
    // Nobody comes in by one for a single device that ended.
    if single && invitation.ended.is_some() {
        return None;
    }
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
                taken_out: names.taken_out.contains(&known.invite.id),
            }
        })
        .collect();
    lines.sort_by_key(|line| (line.ended.is_some(), core::cmp::Reverse(line.ends)));
    lines
}

/// Of each campaign the organisations of the settings of which nothing stands: no person, and no word that there was nobody.
fn silent(labels: &SettingsBlob, book: &Book) -> BTreeMap<CampaignId, Vec<String>> {
    let records = book.records();
    let standing = records.iter().filter(|record| record.stands());
    let contexts = standing.filter_map(|record| record.context());
    let heard: BTreeSet<_> = contexts
        .filter_map(|context| Some((context.campaign, context.organisation?)))
        .collect();
    let of = |campaign: CampaignId| {
        let known = labels.organisations.iter();
        let silent = known.filter(|known| !heard.contains(&(campaign, known.id)));
        silent.map(|known| known.name.clone()).collect()
    };
    let campaigns = labels.campaigns.iter();
    campaigns
        .map(|campaign| (campaign.id, of(campaign.id)))
        .collect()
}
