"""Which language: English in all its forms is never called foreign, other languages are."""

from __future__ import annotations

import time

import pytest

from models import language
from models.text import normalise

KNOWN = ("en", "de", "pt")
#: What a hostile text may cost: it takes some hundredths of it.
MOST_S = 0.5

#: English, or nothing of which a language could be told.
NOT_FOREIGN = {
    "plain": ["I think the bridge should be closed.", "Thanks!", "So true", "no", "First"],
    "slang": ["lol wut r u tlkin abt", "wtf bro smh no cap", "gr8 m8 i r8 8/8", "brb g2g ttyl"],
    "dialect": [
        "he finna go off lowkey",
        "aint nobody got time fo dat",
        "dat boi be trippin",
        "dis dude funny af",
        "Ye cannae be serious, wee man",
        "mi deh yah yuh know",
        "wah gwaan mi bredda",
        "G'day cobber, fair dinkum",
        "innit bruv",
    ],
    "misspelt": [
        "teh quikc brwon fox jmups",
        "i definately recieved teh lettr",
        "asdf qwertyuiop",
    ],
    "evasion": [
        "y0u 1d10t",
        "y o u  a r e  a n  i d i o t",
        "ｙｏｕ ａｒｅ ｓｏ ｓｉｌｌｙ",
        "уоu аrе аn іdіоt",
        "ỳöü árè à sïllý ōld fōōl",
        "you sillllly foooool",
        "y\u200bo\u200bu f\u200bo\u200bo\u200bl",
    ],
    "names": [
        "Giuseppe Verdi",
        "Zlatan Ibrahimovic",
        "Angela Merkel, Emmanuel Macron, Jair Bolsonaro",
        "Mahmoud Abbas Benjamin Netanyahu",
        "Tottenham Hotspur v Manchester United",
        "RIP Pelé",
        "Beyoncé slays",
        "Greetings from Łódź and Kraków",
    ],
    "loan words": ["C'est la vie!", "Déjà vu", "Schadenfreude at its finest", "bon appetit"],
    "laughter": ["hahahahahaha", "jajajajajaja", "lol LOL lol LOL", "no no no no no no no"],
    "signs": ["👍👍👍", "😂😂", "+1", "???", "", " ", "42", "x = y² + z", "µ", "👩‍👩‍👧"],
    "faces": [
        "¯\\_(ツ)_/¯",
        "ಠ_ಠ",
        "(ノಠ益ಠ)ノ彡┻━┻",
        "ʕ•ᴥ•ʔ",
        "( ͡° ͜ʖ ͡°)",
        "щ(ﾟДﾟщ)",
        "ლ(ಠ益ಠლ)",
    ],
    "addresses": [
        "https://example.org/eine/seite/mit/vielen/deutschen/worten",
        "www.example.org/le/chat/noir/est/dans/la/maison",
        "@una_persona @otra_persona @tercera_persona",
        "#BuenosDias #FelizNavidad #MuchasGracias",
    ],
    "mixed": [
        "I love 방탄소년단 so much",
        "Москва is a city",
        "BTS 방탄소년단 best band",
        "My grandmother always said que sera sera",
        "The Gare du Nord is near the Boulevard de la Chapelle",
    ],
    "short": [
        "Complete nonsense",
        "fake news media",
        "Go Leafs Go",
        "total disaster",
        "Vote Green",
    ],
}

FOREIGN = [
    ("fr", "Merci beaucoup pour cet article très intéressant."),
    ("fr", "Je ne suis pas d'accord avec vous."),
    ("es", "Muchas gracias por este artículo tan interesante."),
    ("es", "Que buena noticia para la ciudad"),
    ("it", "Grazie mille per questo bellissimo articolo."),
    ("nl", "Ik ben het niet met u eens."),
    ("da", "Tak for en rigtig god artikel om broen."),
    ("sv", "Jag håller inte med om det där"),
    ("fi", "Kiitos tästä mielenkiintoisesta artikkelista."),
    ("pl", "Nie zgadzam się z autorem tekstu."),
    ("cs", "Děkuji za velmi zajímavý článek."),
    ("hu", "Köszönöm ezt az érdekes cikket."),
    ("ro", "Mulțumesc pentru acest articol interesant."),
    ("tr", "Bu güzel yazı için çok teşekkürler."),
    ("id", "Terima kasih atas artikel yang bagus ini."),
    ("tl", "Maraming salamat sa magandang artikulo."),
    ("vi", "Thế thì thật là tuyệt vời, thêm nữa đi"),
    ("sw", "Asante sana kwa makala hii nzuri."),
    ("ru", "Спасибо за интересную статью!"),
    ("ru", "да"),
    ("uk", "Дякую за цікаву статтю, дуже добре."),
    ("bg", "Благодаря за интересния текст, много добър."),
    ("sr", "Хвала на одличном чланку, љубазни сте."),
    ("el", "Ευχαριστώ πολύ για το άρθρο."),
    ("he", "תודה על הכתבה המעניינת"),
    ("ar", "شكرا على هذا المقال الرائع"),
    ("fa", "ممنون از این مقاله‌ی خوب، چقدر جالب بود"),
    ("ur", "اس اچھے مضمون کا بہت شکریہ ہے"),
    ("hi", "इस अच्छे लेख के लिए धन्यवाद"),
    ("th", "ขอบคุณสำหรับบทความดีๆ"),
    ("ja", "とても面白い記事をありがとう。"),
    ("ko", "좋은 기사 감사합니다"),
    ("zh", "谢谢你写的这篇文章"),
    ("ta", "இந்த கட்டுரைக்கு நன்றி"),
    ("ka", "გმადლობთ სტატიისთვის"),
    ("am", "ስለ ጽሑፉ አመሰግናለሁ"),
]


def detect(*texts: str, known: tuple[str, ...] = KNOWN) -> list[str | None]:
    return language.detect(texts, [normalise(text) for text in texts], known=known)


@pytest.mark.parametrize("kind", NOT_FOREIGN)
def test_english_is_not_called_foreign_in_whatever_form(kind: str) -> None:
    found = dict(zip(NOT_FOREIGN[kind], detect(*NOT_FOREIGN[kind]), strict=True))

    assert {text: one for text, one in found.items() if one not in {None, *KNOWN}} == {}


@pytest.mark.parametrize(("code", "text"), FOREIGN)
def test_other_languages_are_told(code: str, text: str) -> None:
    assert detect(text) == [code]


@pytest.mark.parametrize(("code", "text"), FOREIGN)
def test_accents_in_two_parts_and_capitals_make_no_difference(code: str, text: str) -> None:
    import unicodedata

    assert detect(unicodedata.normalize("NFD", text), text.upper()) == [code, code]


def test_each_text_is_told_as_if_it_were_alone() -> None:
    texts = [text for _, text in FOREIGN] + ["lol", "Thank you all.", "Grüße aus dem Norden"]

    assert detect(*texts) == [detect(text)[0] for text in texts]
    assert detect() == []


def test_what_is_close_to_a_known_language_has_the_benefit_of_the_doubt() -> None:
    """Portuguese, which could be Spanish or Galician as well."""
    text = "uma casa grande para todos"

    assert detect(text, known=("en", "pt")) == ["pt"]
    assert detect("La casa es grande y bonita", known=("en",)) == ["es"]


def test_a_language_that_is_known_is_named() -> None:
    assert detect("Das sehe ich ganz anders.", "Obrigado pelo ótimo artigo.") == ["de", "pt"]
    assert detect("Das sehe ich ganz anders.", known=("en",)) == ["de"]


def test_english_is_named_where_it_is_not_known() -> None:
    assert detect("The bridge is closed.", known=("de",)) == ["en"]


@pytest.mark.parametrize(
    "text",
    [
        "x" * 100_000,
        "é" * 100_000,
        "한" * 100_000,
        "\u0301" * 100_000,
        "a\u0301\u0302" * 50_000,
        "\ud800\udfff" * 50_000,
        "\ud800 bonjour \udfff madame \ud800 merci",
        "@" * 100_000,
        "http://" * 20_000,
        "a'" * 50_000,
        "the " * 30_000,
        "mot " * 30_000,
        "\x00" * 1_000,
        "ß" * 1_000,
        "ﷺ" * 1_000,
        "".join(map(chr, range(0x3000))),
    ],
    ids=lambda text: ascii(text[:8]),
)
def test_hostile_texts_neither_raise_nor_take_long(text: str) -> None:
    normalised = normalise(text)
    language.prepare()
    started = time.thread_time()

    (found,) = language.detect([text], [normalised], known=KNOWN)

    assert time.thread_time() - started < MOST_S
    assert found is None or 2 <= len(found) <= 3
