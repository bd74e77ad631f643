use super::CallKind;
use std::collections::VecDeque;

/// So many may go before a look that waits.
const PASS: u32 = 4;

/// Who waits for the slots of one API, and in which order they are served: what a [`CallQuota`](super::CallQuota) promises, without the
/// slots.
#[derive(Debug)]
pub struct WaitingLine<T> {
    prompt: VecDeque<(CallKind, T)>,
    looks: VecDeque<T>,
    /// How many went before the look that has waited longest, since a look was served.
    passed: u32,
}

impl<T> Default for WaitingLine<T> {
    fn default() -> Self {
        Self { prompt: VecDeque::new(), looks: VecDeque::new(), passed: 0 }
    }
}

impl<T> WaitingLine<T> {
    /// Somebody comes.
    pub fn push(&mut self, kind: CallKind, who: T) {
        match kind {
            CallKind::Look => self.looks.push_back(who),
            CallKind::Upload | CallKind::Short => self.prompt.push_back((kind, who)),
        }
    }

    /// The kinds of calls that somebody waits for, in the order in which they are to be tried: the first for which there is a slot gets it.
    pub fn kinds(&self) -> impl Iterator<Item = CallKind> + use<T> {
        let first = |of| self.prompt.iter().position(|(kind, _)| *kind == of).map(|place| (place, of));
        let mut prompt = [first(CallKind::Short), first(CallKind::Upload)];
        prompt.sort_unstable_by_key(|first| first.map(|(place, _)| place));
        let [one, other] = prompt.map(|first| first.map(|(_, kind)| kind));
        let look = (!self.looks.is_empty()).then_some(CallKind::Look);
        let (before, after) = if self.passed >= PASS { (look, None) } else { (None, look) };
        [before, one, other, after].into_iter().flatten()
    }

    /// Who has waited longest for a call of this kind.
    pub fn first(&self, kind: CallKind) -> Option<&T> {
        match kind {
            CallKind::Look => self.looks.front(),
            _ => self.prompt.iter().find(|(of, _)| *of == kind).map(|(_, who)| who),
        }
    }

    /// Takes out who has waited longest for a call of this kind, to be served.
    pub fn serve(&mut self, kind: CallKind) -> Option<T> {
        if kind == CallKind::Look {
            self.passed = 0;
            return self.looks.pop_front();
        }
        let place = self.prompt.iter().position(|(of, _)| *of == kind)?;
        self.passed = if self.looks.is_empty() { 0 } else { self.passed + 1 };
        self.prompt.remove(place).map(|(_, who)| who)
    }

    /// Takes out all who do not wait any more.
    pub fn retain(&mut self, waits: impl Fn(&T) -> bool) {
        self.prompt.retain(|(_, who)| waits(who));
        self.looks.retain(|who| waits(who));
    }

    /// Takes out everybody.
    pub fn drain(&mut self) -> impl Iterator<Item = T> + use<T> {
        let prompt = std::mem::take(&mut self.prompt).into_iter().map(|(_, who)| who);
        prompt.chain(std::mem::take(&mut self.looks))
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.prompt.is_empty() && self.looks.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::CallKind::{Look, Short, Upload};
    use super::*;

    fn line(of: &[CallKind]) -> WaitingLine<usize> {
        let mut line = WaitingLine::default();
        of.iter().enumerate().for_each(|(place, kind)| line.push(*kind, place));
        line
    }

    /// The order in which they are served where every kind finds a slot.
    fn order(mut line: WaitingLine<usize>) -> Vec<usize> {
        std::iter::from_fn(|| line.kinds().next().and_then(|kind| line.serve(kind))).collect()
    }

    #[test]
    fn looks_let_others_go_before_but_not_for_ever() {
        assert_eq!(order(line(&[Look, Look, Short, Upload, Short])), [2, 3, 4, 0, 1]);
        let many = [[Look; 2].as_slice(), [Short; 10].as_slice()].concat();
        assert_eq!(order(line(&many)), [2, 3, 4, 5, 0, 6, 7, 8, 9, 1, 10, 11]);
    }

    #[test]
    fn what_went_before_no_look_does_not_count() {
        let mut line = line(&[Short; 8]);
        assert_eq!((0..6).filter_map(|_| line.serve(Short)).count(), 6);
        line.push(Look, 99);
        assert_eq!(order(line), [6, 7, 99]);
    }

    #[test]
    fn kinds_are_tried_in_the_order_in_which_they_came() {
        let kinds = |of: &[CallKind]| line(of).kinds().collect::<Vec<_>>();
        assert_eq!(kinds(&[Look, Upload, Upload, Short]), [Upload, Short, Look]);
        assert_eq!(kinds(&[Short, Look, Upload]), [Short, Upload, Look]);
        assert_eq!(kinds(&[Look]), [Look]);
        assert_eq!(kinds(&[]), []);
    }

    #[test]
    fn of_five_calls_three_may_be_uploads_and_four_looks_and_of_one_any() {
        assert_eq!([Upload, Short, Look].map(|kind| kind.at_most(5)), [3, 5, 4]);
        assert_eq!([Upload, Short, Look].map(|kind| kind.at_most(1)), [1, 1, 1]);
    }
}
