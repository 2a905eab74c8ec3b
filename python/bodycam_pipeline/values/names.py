"""Names of people as they type them: when two spellings are one name, and what cannot be a name at all."""

import unicodedata

_ALPHABETS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "GEORGIAN", "HEBREW", "LISU", "TIFINAGH")
"""Whose letters are taken for one another's (Unicode Technical Standard 39); a name is written in one of them."""

_LOOKS_LIKE = str.maketrans(
    {
        **dict.fromkeys("il1|\u0131\u0269\u0406\u0456\u04c0\u04cf\u0399\u03b9", "l"),
        **dict.fromkeys("o0\u043e\u03bf\u0585\u05e1\u03c3", "o"),
        **dict(zip("\u0430\u0432\u0435\u043a\u043c\u043d\u0440\u0441\u0442\u0443\u0445", "abekmhpctyx", strict=True)),
        **dict(zip("\u0455\u0458\u04bb\u0501\u051b\u051d\u0433", "sjhdqwr", strict=True)),
        **dict(
            zip("\u03b1\u03b2\u03b5\u03b6\u03b7\u03ba\u03bc\u03bd\u03c1\u03c4\u03c5\u03c7", "abezhkmvptux", strict=True)
        ),
    }
)
"""Letters that are mistaken for a Latin one, in small letters: two names that differ in these alone look the same."""


def same_person(name: str) -> str:
    """What spellings of one name have in common: blanks, capitals, accents, forms of letters and what looks alike."""
    small = unicodedata.normalize("NFKC", name).casefold()
    bare = "".join(c for c in unicodedata.normalize("NFKD", small) if not unicodedata.combining(c) and c.isprintable())
    return " ".join(bare.translate(_LOOKS_LIKE).split())


def why_no_name(name: str) -> str:
    """Why a text cannot be a person's name; empty where it can."""
    if not name.strip():
        return "nobody is named"
    if not all(c.isprintable() or unicodedata.category(c) == "Zs" for c in name):
        return "the name holds characters that cannot be seen"
    if len(alphabets := _alphabets(name)) > 1:
        return f"the name mixes letters that look alike: {', '.join(sorted(alphabets))}"
    return ""


def _alphabets(name: str) -> set[str]:
    words = {unicodedata.name(c, "").split(" ", 1)[0] for c in unicodedata.normalize("NFKC", name) if c.isalpha()}
    return words & set(_ALPHABETS)
