//! Operations as tests write them.

use veldpost_domain::{
    Act, Answers, CampaignId, Context, Date, Hlc, Operation, OperationId, OrganisationId, RecordId,
    RecordKind, RecordSet, Scope, Tables,
};

pub const CAMPAIGN: CampaignId = CampaignId([9; 16]);

pub fn scope() -> Scope {
    Scope {
        campaign: Some(CAMPAIGN),
        count_date: Date::parse("2024-11-20").unwrap(),
    }
}

pub fn compute(records: &RecordSet) -> Tables {
    Tables::compute(records.iter(), &scope())
}

pub fn create(number: u32, kind: RecordKind, answers: Answers) -> Operation {
    let context = Context {
        campaign: CAMPAIGN,
        at: 0,
        round: None,
        organisation: Some(OrganisationId([1; 16])),
        crew: None,
        area: None,
        form: None,
        promoted_from: None,
        from_solo: false,
    };
    let act = Act::Create { context, answers };
    Operation {
        kind,
        record: record(number),
        id: operation(number, 0),
        hlc: Hlc(1),
        act,
    }
}

pub fn record(number: u32) -> RecordId {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    RecordId(id)
}

pub fn operation(record: u32, number: u8) -> OperationId {
    let mut id = [number; 16];
    id[..4].copy_from_slice(&record.to_be_bytes());
    OperationId(id)
}

pub fn later(create: &Operation, number: u8, act: Act) -> Operation {
    let mut id = create.id;
    id.0[15] = number;
    Operation {
        id,
        hlc: Hlc(1 + u64::from(number)),
        act,
        ..create.clone()
    }
}

pub fn of(operations: impl IntoIterator<Item = Operation>) -> Tables {
    compute(&operations.into_iter().collect())
}
