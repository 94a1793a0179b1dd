//! Why nobody joins by this link, each with what a person can do about it.
//!
//! Not here: the words; and a relay that cannot be reached, which is tried again and is no problem of the link.

use veldpost_envelope::act::EndReason;
use veldpost_envelope::invitation::LinkProblem;
use veldpost_envelope::wire::Code;

/// Why a device does not go on with an invitation. Nothing was kept but what [`super::Enrol::agree`] gave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnrolProblem {
    /// The text is no invitation, or was cut or changed.
    #[error("not an invitation: {0}")]
    NotALink(LinkProblem),
    /// The link is of a later version.
    #[error("a newer kind of invitation")]
    NewerLink,
    /// The relay's address is not one.
    #[error("not the address of a relay")]
    Origin,
    /// What was kept of a join is not this device's, or not readable.
    #[error("what was kept of the join is not this device's")]
    Row,
    /// This relay has no such region.
    #[error("the relay does not know the region")]
    RegionUnknown,
    /// The relay shows the roster of another region than the link names.
    #[error("another region")]
    OtherRegion,
    /// A practice region has no other device.
    #[error("a practice region")]
    Practice,
    /// An act does not verify, or the relay shows less than the invitation, or an earlier visit, vouches for.
    #[error("the roster does not verify")]
    RosterBroken,
    /// The invitation can only be read by a newer version.
    #[error("made by a newer version")]
    UpdateNeeded,
    /// There is no such invitation in the roster.
    #[error("the invitation is not known")]
    Unknown,
    /// The invitation's token or proof is not this link's: the roster is not the inviter's, or the link was changed.
    #[error("the invitation is not this link's")]
    Forged,
    /// Who made the invitation is no member any more.
    #[error("the inviter is no member any more")]
    InviterGone,
    /// A coordinator ended it, for this reason where it is known.
    #[error("the invitation was ended")]
    Ended(Option<EndReason>),
    /// Its time is over, by the relay's clock.
    #[error("the invitation's time is over")]
    Expired,
    /// As many came by it as may.
    #[error("the invitation is used up")]
    UsedUp,
    /// More than one device came by an invitation for one: nobody is admitted by it.
    #[error("the invitation is frozen")]
    Frozen,
    /// This device was a member and was removed: its key does not come back.
    #[error("this device was removed")]
    Removed,
    /// Nobody put what the newcomer is to know of the region yet.
    #[error("the invitation has no welcome")]
    NoWelcome,
    /// What the newcomer is to know does not open with the link.
    #[error("the welcome does not open")]
    WelcomeForged,
    /// A name has at most 120 bytes.
    #[error("the name is too long")]
    Name,
    /// The person was not asked yet, or agreed already.
    #[error("not to be agreed to now")]
    NotNow,
    /// The relay refuses for this reason.
    #[error("refused: {}", .0.text())]
    Refused(Code),
}

/// What a person can do about a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Take the whole link, or scan the code again.
    TakeTheLinkAgain,
    /// Update the app.
    Update,
    /// Ask the inviter for another invitation.
    AskForAnother,
    /// Tell the inviter what is shown: somebody changed something, or two devices came.
    TellTheInviter,
    /// Try again later: it may be there then.
    TryLater,
    /// Use a device that is new to the region.
    AnotherDevice,
    /// Choose a shorter name.
    ShorterName,
    /// Nothing: the app asked at the wrong time.
    Nothing,
}

impl EnrolProblem {
    /// What a person can do about it.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::NotALink(_) | Self::Origin => Remedy::TakeTheLinkAgain,
            Self::NewerLink | Self::UpdateNeeded => Remedy::Update,
            Self::Unknown
            | Self::InviterGone
            | Self::Ended(_)
            | Self::Expired
            | Self::UsedUp
            | Self::Row
            | Self::Practice => Remedy::AskForAnother,
            Self::OtherRegion
            | Self::RosterBroken
            | Self::Forged
            | Self::WelcomeForged
            | Self::Frozen
            | Self::Refused(_) => Remedy::TellTheInviter,
            Self::RegionUnknown | Self::NoWelcome => Remedy::TryLater,
            Self::Removed => Remedy::AnotherDevice,
            Self::Name => Remedy::ShorterName,
            Self::NotNow => Remedy::Nothing,
        }
    }
}

impl From<LinkProblem> for EnrolProblem {
    fn from(problem: LinkProblem) -> Self {
        match problem {
            LinkProblem::Newer => Self::NewerLink,
            other => Self::NotALink(other),
        }
    }
}
