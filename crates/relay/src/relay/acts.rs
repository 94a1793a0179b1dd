//! `acts` and `roster`: the log that everybody reads and coordinators append to, on its head only.
//!
//! Not here: the rules of the acts; the envelope's roster has them.

use super::rosters::KnownRoster;
use super::{Caller, Founding, RESTORED_MS, Relay, Seen};
use crate::RelayError;
use crate::store::{ActRow, Life, Name, RegionChange, RegionRow, RegionView, RelayStore};
use std::sync::Arc;
use veldpost_envelope::act::{self, Act, SignedAct};
use veldpost_envelope::genesis::RegionForm;
use veldpost_envelope::roster::{Reason, Taken};
use veldpost_envelope::wire::{ActsAsk, Call, RosterAnswer, RosterAsk, RosterHead};
use veldpost_envelope::{EnvelopeError, Genesis, ObjectHash, label};

/// Acts in one answer.
const ANSWER_BYTES: usize = 1024 * 1024;

/// What of a call's acts is stored, and why the rest is not.
struct Weighed {
    known: KnownRoster,
    rows: Vec<ActRow>,
    stopped: Option<Stop>,
}

/// Why acts are not taken from here on.
enum Stop {
    /// Another act stands there, or one before it is missing: the answer says where the relay's log ends.
    Moved,
    /// Any other.
    Refused(RelayError),
}

impl<S: RelayStore> Relay<S> {
    /// `acts`: appends to the roster. Those that are held are passed over, so that any device may offer a log to a
    /// relay that lost it; what comes before one that is refused is stored.
    ///
    /// # Errors
    /// `RosterMoved`, `Founding`, `UnknownRegion`, `NoCheckpoint`, `ActRefused`, `Busy` after a restore, `Forged` and the
    /// like for an act that does not verify.
    pub fn acts(&self, caller: &Caller, body: &[u8]) -> Result<Vec<u8>, RelayError> {
        caller.device.ok_or(RelayError::Unsigned)?;
        let ask = ActsAsk::from_bytes(body)?;
        let life = self.life()?;
        let rows = self.store.change(&ask.region)?;
        let (mut seen, before, founded) = match rows.region()? {
            Some(row) => (self.seen(&ask.region, rows)?, row, None),
            None => {
                let (seen, genesis) = self.found(&ask, rows)?;
                let nothing = RegionRow {
                    bytes: 0,
                    ..seen.row
                };
                (seen, nothing, Some(genesis))
            }
        };
        let weighed = weigh(&seen, &ask.acts, &life, caller.now)?;
        let rows: Vec<_> = founded.into_iter().chain(weighed.rows).collect();
        for row in &rows {
            seen.rows.put_act(row)?;
            seen.row.bytes += row.bytes.len() as u64;
            (seen.row.acts, seen.row.head) = (row.height + 1, row.hash);
        }
        let row = seen.row;
        if rows.is_empty() {
            seen.rows.settle()?;
        } else {
            self.commit(seen, &before)?;
            self.rosters.keep(&ask.region, Arc::new(weighed.known));
        }
        let head = RosterHead {
            incarnation: life.incarnation,
            height: row.acts - 1,
            head: row.head,
        };
        match weighed.stopped {
            None => Ok(head.to_bytes()),
            Some(Stop::Moved) => Err(RelayError::RosterMoved(head)),
            Some(Stop::Refused(why)) => Err(why),
        }
    }

    /// `roster`: acts from a height on.
    ///
    /// # Errors
    /// `UnknownRegion`.
    pub fn roster(&self, caller: &Caller, body: &[u8]) -> Result<Vec<u8>, RelayError> {
        let ask = RosterAsk::from_bytes(body)?;
        let life = self.life()?;
        let seen = self.look(&ask.region)?;
        seen.caller(Call::Roster, caller)?;
        let acts = seen.rows.acts(ask.from, ANSWER_BYTES)?;
        let answer = RosterAnswer {
            head: RosterHead {
                incarnation: life.incarnation,
                height: seen.row.acts - 1,
                head: seen.row.head,
            },
            acts: acts.iter().map(|act| act.bytes.as_slice()).collect(),
        };
        Ok(answer.to_bytes())
    }

    /// A region that is not known begins with its genesis.
    fn found<C: RegionChange>(
        &self,
        ask: &ActsAsk<'_>,
        rows: C,
    ) -> Result<(Seen<C>, ActRow), RelayError> {
        let first = ask.acts.first().copied().unwrap_or_default();
        let genesis = SignedAct::open(first)?;
        if genesis.head.kind != act::GENESIS {
            return Err(RelayError::UnknownRegion);
        }
        let genesis = Genesis::verify(first)?;
        if genesis.region != ask.region {
            return Err(RelayError::Malformed("another region"));
        }
        if genesis.form == RegionForm::Practice {
            return Err(RelayError::ActRefused(Reason::Practice));
        }
        let may = match &self.settings.founding {
            Founding::Open => true,
            Founding::Code(code) => {
                let offered = ask.founding.unwrap_or_default();
                label::same(offered.as_bytes(), code.as_bytes())
            }
            Founding::Closed => false,
        };
        if !may {
            return Err(RelayError::Founding);
        }
        let row = RegionRow {
            acts: 1,
            head: genesis.head(),
            position: 0,
            bytes: 0,
        };
        let act = ActRow {
            height: 0,
            hash: genesis.head(),
            bytes: first.to_vec(),
        };
        let known = Arc::new(KnownRoster::new(&genesis));
        Ok((Seen { rows, row, known }, act))
    }
}

/// Weighs acts one after the other, each on the head that the one before leaves.
///
/// An act without effect, or a *locked* whose checkpoint is not held, is not what anybody may append; yet a log that
/// devices hold already may have it. So it is taken where an act with effect follows in the same call, and else refused.
fn weigh<V: RegionView>(
    seen: &Seen<V>,
    acts: &[&[u8]],
    life: &Life,
    now: i64,
) -> Result<Weighed, RelayError> {
    let mut known = KnownRoster::clone(&seen.known);
    let mut rows = Vec::new();
    let (mut good, mut doubt, mut stopped) = (0, None, None);
    for bytes in acts {
        match take(&mut known, bytes, life, now) {
            Err(stop) => {
                stopped = Some(stop);
                break;
            }
            Ok(None) => {}
            Ok(Some((row, taken))) => {
                rows.push(row);
                match refusal(seen, bytes, taken)? {
                    None => (good, doubt) = (rows.len(), None),
                    Some(why) => doubt = doubt.or(Some(why)),
                }
            }
        }
    }
    if doubt.is_some() {
        rows.truncate(good);
        known = KnownRoster::clone(&seen.known);
        for row in &rows {
            known.roster.take(&row.bytes)?;
        }
    }
    let stopped = doubt.map(Stop::Refused).or(stopped);
    Ok(Weighed {
        known,
        rows,
        stopped,
    })
}

/// Takes one act; none when it is held.
fn take(
    known: &mut KnownRoster,
    bytes: &[u8],
    life: &Life,
    now: i64,
) -> Result<Option<(ActRow, Taken)>, Stop> {
    let refused = |problem: EnvelopeError| Stop::Refused(problem.into());
    let signed = SignedAct::open(bytes).map_err(refused)?;
    let (hash, head) = (signed.hash, signed.head);
    if known.roster.contains(&hash) {
        return Ok(None);
    }
    if head
        .region
        .is_some_and(|region| region != known.roster.region())
    {
        return Err(Stop::Refused(RelayError::Malformed("another region")));
    }
    let follows = head.height == known.roster.height() + 1;
    if !follows || head.prev != Some(known.roster.head()) {
        return Err(Stop::Moved);
    }
    if let Some(restored) = life.restored_at
        && known.founded_at < restored
        && head.at >= restored
        && now < restored.saturating_add(RESTORED_MS)
    {
        let left = restored.saturating_add(RESTORED_MS).saturating_sub(now) / 1000 + 1;
        let left = u32::try_from(left).unwrap_or(u32::MAX);
        return Err(Stop::Refused(RelayError::Busy(left)));
    }
    let taken = known.roster.take(bytes).map_err(refused)?;
    let row = ActRow {
        height: head.height,
        hash,
        bytes: bytes.to_vec(),
    };
    Ok(Some((row, taken)))
}

/// Why an act may not be the last of the log.
fn refusal<V: RegionView>(
    seen: &Seen<V>,
    bytes: &[u8],
    taken: Taken,
) -> Result<Option<RelayError>, RelayError> {
    match taken {
        Taken::WithoutEffect(Reason::Newer) => Ok(Some(RelayError::Newer("act"))),
        Taken::WithoutEffect(reason) => Ok(Some(RelayError::ActRefused(reason))),
        Taken::Applied | Taken::Unknown | Taken::Held | Taken::Fork => {
            let signed = SignedAct::open(bytes)?;
            let Ok(Act::Stage(change)) = signed.decode() else {
                return Ok(None);
            };
            let Some(checkpoint) = change.checkpoint else {
                return Ok(None);
            };
            let held = seen.rows.item(&Name::checkpoint(&ObjectHash(checkpoint)))?;
            Ok(match held {
                None => Some(RelayError::NoCheckpoint),
                Some(held) if held.device != signed.signer => {
                    Some(RelayError::ActRefused(Reason::Checkpoint))
                }
                Some(_) => None,
            })
        }
    }
}
