"""Lines for synthetic voices to say: our own words, and words of no language at all.

What matters is that every sound meets every other, at many speeds; sense does not. English lines are word
salad from a short list rich in lips; other languages get made-up words of the syllables that their spelling
allows, which their voices read by rule.
"""

from __future__ import annotations

import random

ENGLISH = """
a the and but of to in on at by for from with over under about above before behind between we you he she they
it my your our their who what when where why how this that these those is was are were be been have had do did
can could may might must will would should not never always maybe perhaps very too so more most some many few
all both
bob pam bill peter paul ben mabel philip vivian victor fiona oliver thomas judy george ruth charlie susan
baby mother father brother sister family people woman man boy girl friend king queen captain farmer doctor
apple pepper bread butter beef plum jam pumpkin bubble bumper bumblebee puppy bird beaver wolf fish fox moth
pump lamp map cup pipe cap tap top stamp camp ship sheep shop bump lump jump clap tape rope soap hope
room museum moon blue shoe school food fool cool pool spoon book good wood look put push full woman wool
wave valley voice river seven eleven love leave live give move above over ever never favor very vivid visit
five fire four flower forest farm far off half leaf laugh cough rough enough safe knife life wife before
show boat coat road snow go home bone stone phone rose nose toast slow window yellow pillow
law saw thought caught talk walk small tall call fall ball water daughter morning storm corn horse
cow house loud cloud out about town brown down sound round mouth south boy toy noise point join enjoy oil
see three tree green sea tea week speak keep sleep feet street teeth these please leave me he she
sit big ship fish rich bridge thin think thing sing bring wish milk hill still little kitchen window
bed red head bread said many any bell well help get yet wet pet end friend spend egg leg
cat hat bad bag back black man hand land stand apple happy family camera fast last ask
car far star heart dark park father calm palm stop top hot not got dog clock shop job
cup sun run come some love money mother brother nothing enough cut but up us under
bird girl work word world first turn learn early nurse third thirsty purple
think thank both teeth month north path thick thumb this that then there other weather breathe
chair cheese church child catch watch much each kitchen picture nature judge just joy age bridge large
sugar sure shine shore wash dish measure treasure pleasure vision garage usual yes year young use music few
new run red rain bring dry try green grass through three wrong write right around carry
left late long light language little love all tell fell pull cold world lake lemon lily
king quick quiet question kick cake kite coffee cold gold big bag egg garden give goat
hat hand hope who whole house behind perhaps ahead
"""
WORDS = ENGLISH.split()

SYLLABLES = {
    # spelling pieces per language: onsets, vowels, codas
    "de": (
        "b p m f w sch pf t d k g l n r h z st",
        "a e i o u ä ö ü ei au eu ie",
        "- - n m l r b p f t s ch",
    ),
    "fr": (
        "b p m f v ch j t d c g l n r s br pl",
        "a e i o u é ou eu an on in oi u",
        "- - - r l m ve be pe f",
    ),
    "es": ("b p m f v ch t d c g l n r s br pl ll", "a e i o u ie ue ai", "- - - n s r l m"),
    "it": ("b p m f v t d c g l n r s br pr sc gl", "a e i o u ia io au", "- - - - n l r m"),
    "pt": ("b p m f v t d c g l n r s br pl ch lh", "a e i o u ão ei ou ô é", "- - - s r m l"),
    "nl": ("b p m f v w t d k g l n r s br sch", "a e i o u aa ee oo uu oe ij ui eu", "- - n m l r p f t k"),
    "sv": ("b p m f v t d k g l n r s br sj tj", "a e i o u å ä ö y", "- - n m l r p v t k"),
    "pl": ("b p m f w t d k g l n r s br sz cz rz", "a e i o u y ó ą ę", "- - - n m l r p w t k"),
    "tr": ("b p m f v t d k g l n r s ş ç c y h", "a e ı i o ö u ü", "- - - n m l r p v t k"),
    "fi": ("b p m f v t d k l n r s h j", "a e i o u y ä ö aa uu yö uo ie", "- - - n s r l t"),
    "cs": ("b p m f v t d k h l n r s br č š ž ř", "a e i o u y á é í ou ů", "- - - n m l r p v t k"),
    "ro": ("b p m f v t d c g l n r s br ș ț j", "a e i o u ă î oa ea", "- - - n m l r p v t c"),
    "hu": ("b p m f v t d k g l n r s sz cs gy", "a á e é i o ö u ü ő ű", "- - - n m l r p v t k"),
    "id": ("b p m f w t d k g l n r s c j ng ny", "a e i o u ai au", "- - - n m ng l r p t k s"),
    "sw": ("b p m f v w t d k g l n s ch sh mb nd", "a e i o u", "-"),
}
LANGUAGES = tuple(SYLLABLES)


def english(rng: random.Random) -> str:
    """One line of English words, 4 to 9 of them, sometimes with a pause inside."""
    words = rng.choices(WORDS, k=rng.randint(4, 9))
    if len(words) > 5 and rng.random() < 0.4:
        words[rng.randint(1, len(words) - 3)] += ","
    return " ".join(words).capitalize() + "."


def made_up(language: str, rng: random.Random) -> str:
    """One line of words of no meaning that a voice of `language` can read."""
    onsets, vowels, codas = (piece.split() for piece in SYLLABLES[language])

    def syllable() -> str:
        return rng.choice(onsets) + rng.choice(vowels) + rng.choice(codas).strip("-")

    words = ["".join(syllable() for _ in range(rng.randint(1, 3))) for _ in range(rng.randint(4, 8))]
    if rng.random() < 0.3:
        words[len(words) // 2] += ","
    return " ".join(words).capitalize() + "."
