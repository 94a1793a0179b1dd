//! Refusals, as data: status, code, and what the client does about it (RFC 9457).
//!
//! Not here: how long to wait between tries, and the words in which a person reads it.

use super::json::{self, Value};
use crate::{EnvelopeError, base64};

/// What a client does after a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Tries the same again later, after `Retry-After` at least: it is no refusal of what was sent.
    TryAgain,
    /// Waits as long as `Retry-After` says, then goes on.
    Wait,
    /// Signs anew with a new nonce by the relay's clock, once.
    SignAnew,
    /// Keeps what was sent and offers it after the next act that it reads.
    KeepUntilNextAct,
    /// Halves the batch; one entry alone is kept and shown.
    Halve,
    /// Keeps what was sent, does not offer it again, and shows it.
    KeepAndShow,
    /// Stops calling this relay and shows it.
    Stop,
    /// Tells the newcomer which of these it is.
    SayWhich,
    /// Reads the roster, and makes its act anew.
    ReadRoster,
    /// A coordinator offers the roster that it holds.
    OfferRoster,
    /// Offers the checkpoint that its act names, then the act.
    OfferCheckpoint,
    /// Sends from the relay's `next` on.
    SendFromNext,
    /// Opens a stream that continues this one, and carries what no receipt covers.
    ContinueElsewhere,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $status:literal $text:literal $action:ident $title:literal;)*) => {
        /// Why a relay refuses.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
            /// One that this version does not know: what was sent is kept, and it is shown.
            Unknown,
        }

        impl Code {
            /// All that this version knows.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The HTTP status; 0 for an unknown code, which nobody answers with.
            #[must_use]
            pub fn status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)*
                    Self::Unknown => 0,
                }
            }

            /// The code as it is sent.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Unknown => "unknown",
                }
            }

            /// What the client does about it.
            #[must_use]
            pub fn action(self) -> Action {
                match self {
                    $(Self::$name => Action::$action,)*
                    Self::Unknown => Action::KeepAndShow,
                }
            }

            /// One line for who reads the answer itself.
            fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)*
                    Self::Unknown => "Refused",
                }
            }

            /// Reads a code.
            #[must_use]
            pub fn from_text(text: &str) -> Self {
                match text {
                    $($text => Self::$name,)*
                    _ => Self::Unknown,
                }
            }
        }
    };
}

codes! {
    /// The body ended too early.
    NotReadable 400 "not-readable" TryAgain "The body ended too early";
    /// The call's time is not the relay's; the problem says the relay's.
    Clock 401 "clock" SignAnew "The call's time is not the relay's";
    /// The nonce was used before.
    Nonce 401 "nonce" SignAnew "The nonce was used before";
    /// A header of the signature is missing.
    Unsigned 401 "unsigned" Stop "The call is not signed";
    /// The signature does not hold.
    Signature 401 "signature" Stop "The signature does not hold";
    /// The call is for another authority.
    Authority 401 "authority" Stop "The call is for another authority";
    /// Joined, and all that is taken before admission is used up.
    NotAdmitted 403 "not-admitted" KeepUntilNextAct "The device is not admitted yet";
    /// Removed, and all that is taken afterwards is used up.
    Removed 403 "removed" KeepUntilNextAct "The device was removed";
    /// Neither a member nor joined.
    UnknownDevice 403 "unknown-device" KeepUntilNextAct "The device is not known";
    /// A member without the role for it.
    NotAllowed 403 "not-allowed" KeepUntilNextAct "The device may not do this";
    /// A new region without the operator's code.
    Founding 403 "founding" KeepUntilNextAct "New regions need the operator's code";
    /// No such invitation.
    InvitationUnknown 403 "invitation-unknown" SayWhich "The invitation is not known";
    /// Its time is over, or a coordinator ended it.
    InvitationEnded 403 "invitation-ended" SayWhich "The invitation has ended";
    /// As many came by it as may.
    InvitationUsedUp 403 "invitation-used-up" SayWhich "The invitation is used up";
    /// The token is not the invitation's.
    WrongToken 403 "wrong-token" SayWhich "The token is not the invitation's";
    /// Nothing by that name.
    NotFound 404 "not-found" KeepAndShow "Not found";
    /// The relay does not know the region.
    UnknownRegion 404 "unknown-region" OfferRoster "The region is not known";
    /// The relay does not hold the blob, until somebody offers it.
    UnknownBlob 404 "unknown-blob" TryAgain "The blob is not known";
    /// Not a POST.
    MethodNotAllowed 405 "method-not-allowed" Stop "Only POST is allowed";
    /// Another act came first. The answer is a `RosterHead`.
    RosterMoved 409 "roster-moved" ReadRoster "Another act came first";
    /// The relay lacks entries before.
    Gap 409 "gap" SendFromNext "Entries before these are missing";
    /// The relay holds others there.
    Conflict 409 "conflict" ContinueElsewhere "Other entries stand in their place";
    /// Two devices came by a single invitation.
    InvitationFrozen 409 "invitation-frozen" SayWhich "The invitation is frozen";
    /// *Locked* names a checkpoint that the relay lacks.
    NoCheckpoint 409 "no-checkpoint" OfferCheckpoint "The checkpoint is not held";
    /// Over a limit.
    TooLarge 413 "too-large" Halve "Too large";
    /// Not what the format describes.
    Malformed 422 "malformed" KeepAndShow "Not in the format";
    /// A signature, a hash or a chain does not hold.
    Forged 422 "forged" KeepAndShow "Does not verify";
    /// The relay needs an update.
    Newer 422 "newer" KeepAndShow "Made by a newer version";
    /// A rule of the roster does not hold.
    ActRefused 422 "act-refused" KeepAndShow "A rule of the roster does not hold";
    /// Too many calls.
    SlowDown 429 "slow-down" Wait "Too many calls";
    /// The relay failed.
    Internal 500 "internal" TryAgain "The relay failed";
    /// Not now.
    Busy 503 "busy" TryAgain "Not now";
    /// The relay is starting or stopping.
    NotReady 503 "not-ready" TryAgain "Not ready";
    /// No room; nothing was half-written.
    Full 507 "full" TryAgain "No room";
}

/// Of several reasons why a push was not taken whole the one that gives the status: 409 before 403, 422 and 429, then
/// any other; of equals the first.
#[must_use]
pub fn gravest(codes: impl IntoIterator<Item = Code>) -> Option<Code> {
    const ORDER: [u16; 4] = [409, 403, 422, 429];
    let rank = |code: &Code| {
        let place = ORDER.iter().position(|status| *status == code.status());
        place.unwrap_or(ORDER.len())
    };
    codes.into_iter().min_by_key(rank)
}

/// A problem document: `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Why.
    pub code: Code,
    /// With `clock`: the relay's time in milliseconds since 1970.
    pub now: Option<i64>,
    /// The call's answer, where there is one all the same.
    pub answer: Option<Vec<u8>>,
}

impl Problem {
    /// A problem that says no more than its code.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self {
            code,
            now: None,
            answer: None,
        }
    }

    /// The document. No text in it needs an escape.
    #[must_use]
    pub fn to_json(&self) -> String {
        let (code, status) = (self.code.text(), self.code.status());
        let title = self.code.title();
        let mut text = format!(
            "{{\"type\":\"urn:veldpost:problem:{code}\",\"title\":\"{title}\",\"status\":{status},\"code\":\"{code}\""
        );
        if let Some(now) = self.now {
            text.push_str(&format!(",\"now\":{now}"));
        }
        if let Some(answer) = &self.answer {
            text.push_str(",\"answer\":\"");
            text.push_str(&base64::encode_url(answer));
            text.push('"');
        }
        text.push('}');
        text
    }

    /// Reads a document; fields that it does not know are passed over.
    ///
    /// # Errors
    /// `TooLarge` before anything is read; `Malformed` for what is not one JSON object with a `code`: then it is no
    /// refusal, but no answer at all.
    pub fn from_json(text: &str) -> Result<Self, EnvelopeError> {
        let mut code = None;
        let mut problem = Self::new(Code::Unknown);
        json::read_object(text, |name, value| match (name, value) {
            ("code", Value::Text(text)) => code = Some(Code::from_text(text)),
            ("now", Value::Number(text)) => problem.now = text.parse().ok(),
            ("answer", Value::Text(text)) => problem.answer = base64::decode_url(text),
            _ => {}
        })?;
        problem.code = code.ok_or(EnvelopeError::Malformed("problem without a code"))?;
        Ok(problem)
    }
}
