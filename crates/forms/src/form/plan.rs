//! What follows from a definition: children, paths, what depends on what, the order of working out.
//!
//! Not here: values. Linking also proves that every index is in range, so that the rest may rely on it.

use super::{Definition, Form, FormError, Initial, Item, Kind, Part, Text};
use crate::expression::{ItemId, Op, OpId};

/// A question that an expression looks at, and the repeat whose instance both are in (0: none).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub item: ItemId,
    pub shared: ItemId,
}

/// What the session needs to know about each item beside its definition.
#[derive(Default)]
pub(crate) struct Plan {
    pub children: Vec<Vec<ItemId>>,
    /// Place among its parent's children.
    pub ordinal: Vec<usize>,
    /// Every item, each after all that it depends on.
    pub order: Vec<ItemId>,
    /// What its `relevant` looks at.
    pub relevance: Vec<Vec<Dependency>>,
    /// What its `calculation`, `repeat_count` or `choice_filter` looks at.
    pub value: Vec<Vec<Dependency>>,
    /// Patterns of `regex()`, proven sound.
    pub patterns: Vec<super::Pattern>,
}

/// Deeper expressions are refused, so that evaluation cannot exhaust the stack.
const DEEPEST: u8 = 250;
const DEEPEST_GROUP: usize = 32;

fn contradiction(what: &str, item: &Item) -> FormError {
    FormError::Contradiction(format!("{what} of {}", item.name))
}

impl Form {
    /// Proves that the parts of a definition fit together and works out its plan.
    pub(crate) fn link(definition: Definition) -> Result<Self, FormError> {
        check_ops(&definition)?;
        let mut plan = Plan::default();
        let count = definition.items.len();
        plan.children = vec![Vec::new(); count];
        plan.ordinal = vec![0; count];
        let languages = definition.languages.len();
        if languages == 0 || usize::from(definition.default_language) >= languages {
            return Err(FormError::Contradiction("its languages".into()));
        }
        for list in &definition.lists {
            for choice in &list.choices {
                check_text(&definition, &choice.label)
                    .ok_or_else(|| FormError::Contradiction(format!("the list {}", list.name)))?;
            }
        }
        for (index, item) in definition.items.iter().enumerate() {
            check_item(&definition, index, item)?;
            if index > 0 {
                let siblings = &mut plan.children[usize::from(item.parent)];
                plan.ordinal[index] = siblings.len();
                siblings.push(ItemId::try_from(index).unwrap_or_default());
            }
        }
        for item in 0..count {
            let (relevance, value) = dependencies(&definition, item);
            plan.relevance.push(relevance);
            plan.value.push(value);
        }
        plan.order = order(&definition, &plan)?;
        for table in &definition.patterns {
            let pattern = super::Pattern::new(table);
            plan.patterns
                .push(pattern.ok_or(FormError::Contradiction("a pattern".into()))?);
        }
        Ok(Self { definition, plan })
    }
}

fn check_ops(definition: &Definition) -> Result<(), FormError> {
    let wrong = || FormError::Contradiction("an expression".into());
    let items = definition.items.len();
    let mut depths: Vec<u8> = Vec::with_capacity(definition.ops.len());
    // Each is used once at most: a tree takes no longer than its size.
    let mut used = vec![false; definition.ops.len()];
    for (index, op) in definition.ops.iter().enumerate() {
        let pair = op.pair();
        let mut depth = 0;
        for &operand in op.operands().iter().chain(pair.iter().flatten()) {
            let below = if (operand as usize) < index {
                depths.get(operand as usize)
            } else {
                None
            };
            depth = depth.max(below.ok_or_else(wrong)? + 1);
            if core::mem::replace(&mut used[operand as usize], true) {
                return Err(wrong());
            }
        }
        if depth > DEEPEST {
            return Err(wrong());
        }
        depths.push(depth);
        let sound = match op {
            Op::Reference { item, shared } => {
                let (item, shared) = (usize::from(*item), usize::from(*shared));
                item > 0 && item < items && shared < item && is_below(definition, item, shared)
            }
            Op::ChoiceName(_, item) => definition
                .items
                .get(usize::from(*item))
                .is_some_and(|item| item.list.is_some()),
            Op::Matches(_, pattern) => usize::from(*pattern) < definition.patterns.len(),
            Op::Call(function, operands) => {
                let (least, most) = function.arity();
                (least..=most).contains(&operands.len())
            }
            _ => true,
        };
        if !sound {
            return Err(wrong());
        }
    }
    Ok(())
}

/// Whether `item` lies in the repeat `shared` (or that is the form); parents come before children.
fn is_below(definition: &Definition, item: usize, shared: usize) -> bool {
    let mut at = item;
    for _ in 0..=DEEPEST_GROUP {
        let parent = usize::from(definition.items[at].parent);
        if parent >= at {
            return false;
        }
        if parent == shared {
            return shared == 0 || definition.items[shared].kind == Kind::Repeat;
        }
        at = parent;
    }
    false
}

fn check_text(definition: &Definition, text: &Text) -> Option<()> {
    let fits = text.0.is_empty() || text.0.len() == definition.languages.len();
    let sound = text.0.iter().flatten().all(|part| match part {
        Part::Plain(_) => true,
        Part::Output(op) => (*op as usize) < definition.ops.len(),
    });
    (fits && sound).then_some(())
}

fn check_item(definition: &Definition, index: usize, item: &Item) -> Result<(), FormError> {
    let placed = if index == 0 {
        item.kind == Kind::Group
    } else {
        let parent = definition.items.get(usize::from(item.parent));
        let parent_holds = parent.is_some_and(|parent| !parent.kind.is_leaf());
        usize::from(item.parent) < index && parent_holds && is_below(definition, index, 0)
    };
    if !placed {
        return Err(contradiction("the place", item));
    }
    let expressions = [
        item.relevant,
        item.required,
        item.constraint,
        item.calculation,
        item.read_only,
        item.choice_filter,
        item.repeat_count,
    ];
    if expressions
        .iter()
        .flatten()
        .any(|op| *op as usize >= definition.ops.len())
    {
        return Err(contradiction("an expression", item));
    }
    if let Some(Initial::WorkedOut(op)) = &item.initial
        && *op as usize >= definition.ops.len()
    {
        return Err(contradiction("the default", item));
    }
    let selects = matches!(item.kind, Kind::SelectOne | Kind::SelectMultiple);
    let list = item
        .list
        .map(|list| usize::from(list) < definition.lists.len());
    if (selects && list != Some(true)) || list == Some(false) {
        return Err(contradiction("the choices", item));
    }
    for text in [
        &item.label,
        &item.hint,
        &item.required_message,
        &item.constraint_message,
    ] {
        check_text(definition, text).ok_or_else(|| contradiction("a text", item))?;
    }
    Ok(())
}

/// What the expressions of an item look at: for its relevance, and for its value.
fn dependencies(definition: &Definition, item: usize) -> (Vec<Dependency>, Vec<Dependency>) {
    let item = &definition.items[item];
    let mut relevance = Vec::new();
    let mut value = Vec::new();
    if let Some(op) = item.relevant {
        collect(definition, item, op, &mut relevance);
    }
    for op in [item.calculation, item.repeat_count, item.choice_filter]
        .into_iter()
        .flatten()
    {
        collect(definition, item, op, &mut value);
    }
    (relevance, value)
}

fn collect(definition: &Definition, holder: &Item, op: OpId, into: &mut Vec<Dependency>) {
    let mut waiting = vec![op];
    while let Some(op) = waiting.pop() {
        let op = &definition.ops[op as usize];
        waiting.extend_from_slice(op.operands());
        waiting.extend(op.pair().iter().flatten());
        let found = match op {
            Op::Reference { item, shared } => Some(Dependency {
                item: *item,
                shared: *shared,
            }),
            // Its place changes when instances of the nearest repeats come and go; adding and
            // removing settles those by itself, so the repeat is all there is to look at.
            Op::Position(_) => enclosing_repeat(definition, holder),
            _ => None,
        };
        if let Some(found) = found
            && !into.contains(&found)
        {
            into.push(found);
        }
    }
}

fn enclosing_repeat(definition: &Definition, item: &Item) -> Option<Dependency> {
    let mut at = item.parent;
    while at > 0 {
        let parent = &definition.items[usize::from(at)];
        if parent.kind == Kind::Repeat {
            return Some(Dependency {
                item: at,
                shared: 0,
            });
        }
        at = parent.parent;
    }
    None
}

/// Every item after its parent and after all that it depends on.
fn order(definition: &Definition, plan: &Plan) -> Result<Vec<ItemId>, FormError> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let count = definition.items.len();
    let before = |item: usize| {
        let parent = (item > 0).then(|| usize::from(definition.items[item].parent));
        let looked_at = plan.relevance[item].iter().chain(&plan.value[item]);
        parent
            .into_iter()
            .chain(looked_at.map(|dependency| usize::from(dependency.item)))
    };
    let mut marks = vec![Mark::New; count];
    let mut order = Vec::with_capacity(count);
    for start in 0..count {
        if marks[start] != Mark::New {
            continue;
        }
        // Depth first without recursion: the length of a chain is up to the form.
        let mut open: Vec<(usize, Vec<usize>)> = vec![(start, before(start).collect())];
        marks[start] = Mark::Open;
        while let Some((item, rest)) = open.last_mut() {
            match rest.pop() {
                Some(next) if marks[next] == Mark::New => {
                    marks[next] = Mark::Open;
                    open.push((next, before(next).collect()));
                }
                Some(next) if marks[next] == Mark::Open => {
                    let circle = open
                        .iter()
                        .map(|(item, _)| *item)
                        .skip_while(|i| *i != next);
                    let name = |item: usize| definition.items[item].name.clone();
                    return Err(FormError::Circle(
                        circle.map(name).chain([name(next)]).collect(),
                    ));
                }
                Some(_) => {}
                None => {
                    marks[*item] = Mark::Done;
                    order.push(ItemId::try_from(*item).unwrap_or_default());
                    open.pop();
                }
            }
        }
    }
    Ok(order)
}
