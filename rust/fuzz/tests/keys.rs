//! Keys out of files that strangers wrote.

use fuzz::damaged;
use vault_core::{ObjectKey, Recipient, new_recipient};

#[test]
fn a_damaged_key_opens_nothing_or_what_it_opened_before() {
    let (identity, recipient) = new_recipient();
    let people: Vec<Recipient> = vec![recipient.parse().expect("its own spelling")];
    let key = ObjectKey::generate();
    let wrapped = key.wrap(&people).expect("one recipient");
    let note = key.seal_bytes(b"a note").expect("a vector takes everything");
    bolero::check!().with_type::<(Vec<(u32, u8)>, bool)>().for_each(|(changes, cut)| {
        if let Ok(opened) = ObjectKey::unwrap(&damaged(&wrapped, changes, *cut), &identity) {
            assert_eq!(opened.open_bytes(&note).expect("the same key"), b"a note");
        }
        if let Ok(read) = key.open_bytes(&damaged(&note, changes, *cut)) {
            assert_eq!(read, b"a note");
        }
    });
}

#[test]
fn strange_texts_are_no_keys() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        assert!(text.parse::<Recipient>().is_err());
        assert!(ObjectKey::unwrap(bytes, &text).is_err());
    });
}
