//! Acts that open an invitation and end it.
//!
//! Not here: its secret, its link and what a newcomer answers; the proof is made and checked by who holds the secret.

use super::Fields;
use crate::EnvelopeError;
use crate::canonical::{Reader, Writer};
use crate::genesis::Role;
use veldpost_domain::OrganisationId;

/// At most this many roles does an invitation give.
pub const MAX_INVITED_ROLES: usize = 8;

/// Whom an invitation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InviteForm {
    /// One device, after six words were compared.
    Single,
    /// The volunteers of an evening: count-only devices.
    Evening,
    /// An organisation's desk: a count-only device that frees its copies at once.
    Desk,
}

impl InviteForm {
    fn code(self) -> u64 {
        match self {
            Self::Single => 1,
            Self::Evening => 2,
            Self::Desk => 3,
        }
    }

    fn from_code(code: u64) -> Result<Self, EnvelopeError> {
        match code {
            1 => Ok(Self::Single),
            2 => Ok(Self::Evening),
            3 => Ok(Self::Desk),
            _ => Err(EnvelopeError::Newer("form of an invitation")),
        }
    }
}

/// Opens an invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Its id.
    pub id: [u8; 16],
    /// Whom it is for.
    pub form: InviteForm,
    /// What they may do; one at least.
    pub roles: Vec<Role>,
    /// How many devices may join by it.
    pub uses: u64,
    /// Until when: milliseconds since 1970.
    pub ends: i64,
    /// Hash of its relay token.
    pub token: [u8; 32],
    /// The organisation whose devices come by it.
    pub organisation: Option<OrganisationId>,
    /// A mac under its join key over all fields before this one.
    pub proof: [u8; 16],
}

impl Invite {
    pub(super) fn write_before_proof(&self, out: &mut Writer) {
        out.bytes(&self.id).uint(self.form.code());
        out.array(self.roles.len());
        self.roles.iter().for_each(|role| {
            out.uint(role.code());
        });
        out.uint(self.uses).int(self.ends).bytes(&self.token);
        out.bytes_or_null(self.organisation.as_ref().map(|id| id.0.as_slice()));
    }
}

impl Fields for Invite {
    const FIELDS: usize = 8;

    fn write(&self, out: &mut Writer) {
        self.write_before_proof(out);
        out.bytes(&self.proof);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        Ok(Self {
            id: input.byte_array()?,
            form: InviteForm::from_code(input.uint()?)?,
            roles: some(input.list(MAX_INVITED_ROLES, "roles", Role::read)?)?,
            uses: input.uint()?,
            ends: input.int()?,
            token: input.byte_array()?,
            organisation: input.optional(|input| input.byte_array().map(OrganisationId))?,
            proof: input.byte_array()?,
        })
    }
}

/// Why an invitation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// Nobody else is to come by it.
    NotNeeded,
    /// Two devices came by one that was for one.
    Frozen,
    /// Others have the link.
    Leaked,
    /// A reason that this version does not know.
    Unknown(u64),
}

impl EndReason {
    fn code(self) -> u64 {
        match self {
            Self::NotNeeded => 1,
            Self::Frozen => 2,
            Self::Leaked => 3,
            Self::Unknown(code) => code,
        }
    }

    fn from_code(code: u64) -> Self {
        match code {
            1 => Self::NotNeeded,
            2 => Self::Frozen,
            3 => Self::Leaked,
            _ => Self::Unknown(code),
        }
    }
}

/// Ends an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InviteEnd {
    /// Which one.
    pub id: [u8; 16],
    /// Why.
    pub why: EndReason,
}

impl Fields for InviteEnd {
    const FIELDS: usize = 2;

    fn write(&self, out: &mut Writer) {
        out.bytes(&self.id).uint(self.why.code());
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        Ok(Self {
            id: input.byte_array()?,
            why: EndReason::from_code(input.uint()?),
        })
    }
}

/// A list that has one item at least.
pub(super) fn some<T>(list: Vec<T>) -> Result<Vec<T>, EnvelopeError> {
    if list.is_empty() {
        Err(EnvelopeError::Malformed("empty list"))
    } else {
        Ok(list)
    }
}
