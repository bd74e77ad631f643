//! Just enough DER to read how long a certificate is valid and which numbers an RSA key consists of.

pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;

/// Values that stand behind each other, read one by one. None wherever it is not what was asked for.
#[derive(Clone, Copy)]
pub(crate) struct Der<'d> {
    rest: &'d [u8],
}

impl<'d> Der<'d> {
    pub(crate) fn new(bytes: &'d [u8]) -> Self {
        Der { rest: bytes }
    }

    /// The next value's tag, which is not used up.
    pub(crate) fn tag(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next value, which must have this tag.
    pub(crate) fn value(&mut self, tag: u8) -> Option<&'d [u8]> {
        if self.tag()? == tag { self.any() } else { None }
    }

    /// The next value, whatever it is.
    pub(crate) fn any(&mut self) -> Option<&'d [u8]> {
        let (first, mut rest) = self.rest.get(1..)?.split_first()?;
        let mut length = usize::from(*first);
        if length > 127 {
            // The long form: so many bytes of length. Four are more than any certificate has.
            let bytes = length - 128;
            let digits = rest.get(..bytes).filter(|_| (1..=4).contains(&bytes))?;
            length = digits.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            rest = &rest[bytes..];
        }
        let value = rest.get(..length)?;
        self.rest = &rest[length..];
        Some(value)
    }

    /// What is within the next value, which must be a sequence.
    pub(crate) fn sequence(&mut self) -> Option<Der<'d>> {
        self.value(SEQUENCE).map(Der::new)
    }

    /// The next value, which must be a number that is not negative; without leading zeros.
    pub(crate) fn number(&mut self) -> Option<&'d [u8]> {
        let value = self.value(INTEGER)?;
        if value.first().is_none_or(|byte| byte & 0x80 != 0) {
            return None;
        }
        let zeros = value.iter().take_while(|byte| **byte == 0).count();
        Some(&value[zeros..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_one_by_one() {
        let mut der = Der::new(&[0x30, 5, 0x02, 1, 7, 0x04, 0, 0x06, 1, 9]);
        let mut inner = der.sequence().unwrap();
        assert_eq!((inner.number(), inner.tag()), (Some(&[7][..]), Some(OCTET_STRING)));
        assert_eq!((inner.value(OCTET_STRING), inner.tag(), inner.any()), (Some(&[][..]), None, None));
        assert_eq!((der.value(OCTET_STRING), der.value(OBJECT_IDENTIFIER)), (None, Some(&[9][..])));
    }

    #[test]
    fn long_lengths_and_leading_zeros() {
        let mut long = vec![0x02, 0x82, 0x01, 0x01, 0x00];
        long.extend([0xff; 256]);
        assert_eq!(Der::new(&long).number().unwrap(), [0xff; 256]);
        long.pop();
        assert_eq!(Der::new(&long).number(), None);
    }

    #[test]
    fn what_is_cut_short_or_negative_is_nothing() {
        for bad in [
            &[][..],
            &[0x02],
            &[0x02, 1],
            &[0x02, 0],
            &[0x02, 1, 0x80],
            &[0x02, 0x80],
            &[0x02, 0x85, 0, 0, 0, 0, 1, 1],
        ] {
            assert_eq!(Der::new(bad).number(), None, "{bad:?}");
        }
    }
}
