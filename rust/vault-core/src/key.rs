//! Keys: one for each recording, and the people whose identities open it.

use age::secrecy::ExposeSecret;
use age::x25519::{Identity, Recipient as Line};

use crate::{Error, Result};

/// How recordings are sealed today: age v1, X25519 and ChaCha20-Poly1305 in chunks of 64 KiB.
const SUITE_AGE: &str = "1";
/// Kept free for AES-256-GCM in chunks, where an agency is bound to FIPS 140-3; nothing writes or opens it yet.
#[cfg(test)]
const SUITE_AES_256_GCM: &str = "2";
const SUITE_LINE: &str = "# bodycam suite ";

/// The key of one recording. Its secret never leaves this type but wrapped.
pub struct ObjectKey(Identity);

/// The public half of somebody who may open recordings (`age1...`).
#[derive(Clone)]
pub struct Recipient(Line);

impl std::str::FromStr for Recipient {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.parse().map(Self).map_err(|_| Error::NotAnAge("recipient (age1...)"))
    }
}

/// A new identity for a person: the secret line for their own file, and the public line to seal to.
#[must_use]
pub fn new_recipient() -> (String, String) {
    let identity = Identity::generate();
    (identity.to_string().expose_secret().to_owned(), identity.to_public().to_string())
}

impl ObjectKey {
    /// A fresh key from the system's random numbers.
    #[must_use]
    pub fn generate() -> Self {
        Self(Identity::generate())
    }

    /// The key as an age file that any of these people can open, alone. What is inside is an identity file that stock
    /// `age -i` takes, with the suite in a comment.
    ///
    /// # Errors
    /// No recipient.
    pub fn wrap(&self, people: &[Recipient]) -> Result<Vec<u8>> {
        let inside = format!("{SUITE_LINE}{SUITE_AGE}\n{}\n", self.0.to_string().expose_secret());
        sealed_bytes(inside.as_bytes(), people.iter().map(|person| &person.0))
    }

    /// The key out of its file.
    ///
    /// # Errors
    /// None of the identities is meant, the file is damaged, or the suite is not ours.
    pub fn unwrap(wrapped: &[u8], identities: &str) -> Result<Self> {
        let lines = identities.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let identities: Vec<Identity> =
            lines.map(|line| line.parse().map_err(|_| Error::NotAnAge("identity"))).collect::<Result<_>>()?;
        let inside = opened_bytes(wrapped, &identities)?;
        Self::parse(std::str::from_utf8(&inside).map_err(|_| Error::KeyDamaged("not text".into()))?)
    }

    /// A small text about the recording, sealed to its key: it is destroyed with it.
    ///
    /// # Errors
    /// None that a correct program meets.
    pub fn seal_bytes(&self, content: &[u8]) -> Result<Vec<u8>> {
        sealed_bytes(content, std::iter::once(&self.0.to_public()))
    }

    /// The text again.
    ///
    /// # Errors
    /// Changed, cut, or another recording's.
    pub fn open_bytes(&self, sealed: &[u8]) -> Result<Vec<u8>> {
        opened_bytes(sealed, std::slice::from_ref(&self.0)).map_err(|error| match error {
            Error::KeyDamaged(why) => Error::Broken(why),
            Error::NoMatchingIdentity => Error::Broken("sealed to another recording's key".into()),
            other => other,
        })
    }

    pub(crate) fn recipient(&self) -> Line {
        self.0.to_public()
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.0
    }

    fn parse(inside: &str) -> Result<Self> {
        let mut lines = inside.lines();
        let suite = lines.next().and_then(|line| line.strip_prefix(SUITE_LINE));
        match suite {
            Some(SUITE_AGE) => {}
            Some(other) => return Err(Error::Suite(other.into())),
            None => return Err(Error::KeyDamaged("it names no suite".into())),
        }
        let secret = lines.next().unwrap_or_default();
        secret.parse().map(Self).map_err(|_| Error::KeyDamaged("it holds no identity".into()))
    }
}

fn sealed_bytes<'a>(content: &[u8], people: impl Iterator<Item = &'a Line>) -> Result<Vec<u8>> {
    let encryptor = age::Encryptor::with_recipients(people.map(|person| person as &dyn age::Recipient))
        .map_err(|_| Error::NoRecipient)?;
    let mut sealed = Vec::new();
    let mut writer = encryptor.wrap_output(&mut sealed).map_err(Error::Target)?;
    std::io::Write::write_all(&mut writer, content).map_err(Error::Target)?;
    writer.finish().map_err(Error::Target)?;
    Ok(sealed)
}

fn opened_bytes(sealed: &[u8], identities: &[Identity]) -> Result<Vec<u8>> {
    let damaged = |error: &dyn std::fmt::Display| Error::KeyDamaged(error.to_string());
    let decryptor = age::Decryptor::new_buffered(sealed).map_err(|error| damaged(&error))?;
    let mut reader = decryptor.decrypt(identities.iter().map(|identity| identity as &dyn age::Identity)).map_err(
        |error| match error {
            age::DecryptError::NoMatchingKeys => Error::NoMatchingIdentity,
            other => damaged(&other),
        },
    )?;
    let mut content = Vec::new();
    std::io::Read::read_to_end(&mut reader, &mut content).map_err(|error| damaged(&error))?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> (String, Recipient) {
        let (secret, public) = new_recipient();
        (secret, public.parse().unwrap())
    }

    #[test]
    fn each_person_opens_the_key_alone_and_a_stranger_does_not() {
        let (key, people) = (ObjectKey::generate(), [person(), person()]);
        let wrapped = key.wrap(&people.clone().map(|(_, public)| public)).unwrap();
        for (secret, _) in &people {
            let again = ObjectKey::unwrap(&wrapped, &format!("# mine\n\n{secret}\n")).unwrap();
            assert_eq!(again.recipient().to_string(), key.recipient().to_string());
        }
        assert!(matches!(ObjectKey::unwrap(&wrapped, &person().0), Err(Error::NoMatchingIdentity)));
        assert!(matches!(ObjectKey::unwrap(&wrapped, "AGE-SECRET-KEY-1"), Err(Error::NotAnAge(_))));
    }

    #[test]
    fn a_key_for_nobody_is_refused() {
        assert!(matches!(ObjectKey::generate().wrap(&[]), Err(Error::NoRecipient)));
        assert!("age1nobody".parse::<Recipient>().is_err());
    }

    #[test]
    fn every_flipped_bit_of_a_wrapped_key_is_refused() {
        let (secret, public) = person();
        let wrapped = ObjectKey::generate().wrap(&[public]).unwrap();
        for bit in 0..wrapped.len() * 8 {
            let mut forged = wrapped.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            assert!(ObjectKey::unwrap(&forged, &secret).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn the_reserved_suite_and_unknown_ones_are_refused_by_name() {
        for suite in [SUITE_AES_256_GCM, "3", ""] {
            let inside = format!("{SUITE_LINE}{suite}\n{}\n", new_recipient().0);
            assert!(matches!(ObjectKey::parse(&inside), Err(Error::Suite(named)) if named == suite));
        }
        assert!(matches!(ObjectKey::parse(&new_recipient().0), Err(Error::KeyDamaged(_))));
    }

    #[test]
    fn a_text_opens_with_its_own_key_only() {
        let key = ObjectKey::generate();
        let sealed = key.seal_bytes(b"officer 7").unwrap();
        assert_eq!(key.open_bytes(&sealed).unwrap(), b"officer 7");
        assert!(matches!(ObjectKey::generate().open_bytes(&sealed), Err(Error::Broken(_))));
        assert!(matches!(key.open_bytes(&sealed[..sealed.len() - 1]), Err(Error::Broken(_))));
    }
}
